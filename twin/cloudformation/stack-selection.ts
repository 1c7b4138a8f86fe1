import { IovError } from '../errors.ts';
import type { AssemblyStack, CloudAssembly } from './assembly.ts';
import { inDependencyOrder } from './dependency-graph.ts';

/**
 * The stacks to run, each after those that it depends on. A name selects a Stage (`dev`, `prod/eu-1`), or a stack by its
 * path, name or artifact id; the stacks that a selected one depends on come with it, as with `cdk deploy`.
 *
 * @param names all stacks when empty
 * @throws IovError IOV_ASSEMBLY_MISSING when nothing has that name, IOV_ASSEMBLY_BROKEN for two stacks of one name and
 *   environment, or dependencies in a circle
 */
export function selectStacks(assembly: CloudAssembly, names: readonly string[] = []): AssemblyStack[] {
  const selected = new Set<AssemblyStack>();
  const select = (stack: AssemblyStack): void => {
    if (selected.has(stack)) return;
    selected.add(stack);
    for (const dependency of dependenciesOf(assembly, stack)) select(dependency);
  };
  for (const name of names) {
    const matching = assembly.stacks.filter((stack) => isNamed(stack, name));
    if (matching.length === 0) throw nothingNamed(assembly, name);
    matching.forEach(select);
  }
  const stacks = assembly.stacks.filter((stack) => names.length === 0 || selected.has(stack));
  refuseTwins(stacks);
  const byKey = new Map(stacks.map((stack) => [`${stack.folder}\n${stack.artifactId}`, stack]));
  const { order, cycle } = inDependencyOrder([...byKey.keys()], (key) =>
    dependenciesOf(assembly, byKey.get(key)!).map((stack) => `${stack.folder}\n${stack.artifactId}`),
  );
  if (cycle) {
    const names = cycle.map((key) => byKey.get(key)!.displayName).join(' -> ');
    throw new IovError(
      'IOV_ASSEMBLY_BROKEN',
      `Stacks of ${assembly.folder} depend on each other in a circle: ${names}.`,
    );
  }
  return order.map((key) => byKey.get(key)!);
}

function isNamed(stack: AssemblyStack, name: string): boolean {
  return (
    [stack.displayName, stack.stackName, stack.artifactId, ...stack.stages].includes(name) ||
    stack.displayName.startsWith(`${name}/`)
  );
}

function dependenciesOf(assembly: CloudAssembly, stack: AssemblyStack): AssemblyStack[] {
  return assembly.stacks.filter(
    (other) => other.folder === stack.folder && stack.dependencies.includes(other.artifactId),
  );
}

function nothingNamed(assembly: CloudAssembly, name: string): IovError {
  const known = [...new Set(assembly.stacks.flatMap((stack) => [...stack.stages, stack.displayName]))];
  return new IovError(
    'IOV_ASSEMBLY_MISSING',
    `${assembly.folder} has no stage or stack "${name}"; it has: ${known.join(', ') || 'none'}.`,
  );
}

function refuseTwins(stacks: readonly AssemblyStack[]): void {
  const seen = new Map<string, AssemblyStack>();
  for (const stack of stacks) {
    const key = `${stack.accountId}/${stack.region}/${stack.stackName}`;
    const other = seen.get(key);
    if (other) {
      throw new IovError(
        'IOV_ASSEMBLY_BROKEN',
        `${other.displayName} and ${stack.displayName} are both the stack ${stack.stackName} of one account and Region; select one stage.`,
      );
    }
    seen.set(key, stack);
  }
}
