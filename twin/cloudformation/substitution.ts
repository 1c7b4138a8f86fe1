/** A piece of an `Fn::Sub` text. */
export type SubstitutionPart =
  | { readonly kind: 'literal'; readonly text: string }
  | {
      readonly kind: 'variable';
      /** As written, e.g. `Rule.Arn`. */
      readonly name: string;
      readonly logicalId: string;
      /** What follows the first dot; absent for a `Ref`. */
      readonly attribute?: string;
    };

/**
 * Takes the text of an `Fn::Sub` apart. `${!x}` is the literal text `${x}`, which is how IoT substitution templates pass
 * through CloudFormation unexpanded.
 *
 * @throws Error for a `${…}` that cannot be the name of anything
 */
export function substitutionParts(text: string): SubstitutionPart[] {
  const parts: SubstitutionPart[] = [];
  let end = 0;
  for (const match of text.matchAll(/\$\{(!?)([^}]*)\}/g)) {
    const [whole, bang, name] = match as unknown as [string, string, string];
    if (match.index > end) parts.push({ kind: 'literal', text: text.slice(end, match.index) });
    end = match.index + whole.length;
    if (bang) {
      parts.push({ kind: 'literal', text: `\${${name}}` });
    } else if (/^[\w:]+(\.[\w:.-]+)?$/.test(name)) {
      const dot = name.indexOf('.');
      parts.push(
        dot < 0
          ? { kind: 'variable', name, logicalId: name }
          : { kind: 'variable', name, logicalId: name.slice(0, dot), attribute: name.slice(dot + 1) },
      );
    } else {
      throw new Error(
        `"\${${name}}" is not a name (letters, digits, underscores, periods and colons); write \${!${name}} for the text itself`,
      );
    }
  }
  if (end < text.length) parts.push({ kind: 'literal', text: text.slice(end) });
  return parts;
}
