import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { Command, InvalidArgumentError, Option } from 'commander';

import { explain, IOT_ACTIONS, nameOf, type ConnectionFacts } from '../twin/iot/policy/index.ts';
import { conclude } from '../twin/policy-language/evaluate.ts';
import { answerJsonLines } from './json-lines.ts';
import { answerPolicyLine, policyQuestion, type PolicyQuestion } from './policy-request.ts';

interface PolicyOptions {
  readonly json?: boolean;
  readonly policyFile: readonly string[];
  readonly action?: string;
  readonly resource?: string;
  readonly clientId?: string;
  readonly thingName?: string;
  readonly notAttached?: boolean;
  readonly exclusiveThing?: boolean;
  readonly thingType?: string;
  readonly attribute: Readonly<Record<string, string>>;
  readonly certificateId?: string;
  readonly subject: Readonly<Record<string, string[]>>;
  readonly issuer: Readonly<Record<string, string[]>>;
  readonly domain?: string;
  readonly sourceIp?: string;
  readonly connectAttribute: readonly string[];
  readonly lastWillTopic?: string;
  readonly strictConnect?: boolean;
}

const append = (value: string, previous: readonly string[]): string[] => [...previous, value];

function pair(argument: string): [string, string] {
  const equals = argument.indexOf('=');
  if (equals <= 0) throw new InvalidArgumentError('It must have the form name=value.');
  return [argument.slice(0, equals), argument.slice(equals + 1)];
}

const setMember = (argument: string, previous: Readonly<Record<string, string>>): Record<string, string> => {
  const [name, value] = pair(argument);
  return { ...previous, [name]: value };
};

const addMember = (argument: string, previous: Readonly<Record<string, string[]>>): Record<string, string[]> => {
  const [name, value] = pair(argument);
  return { ...previous, [name]: [...(previous[name] ?? []), value] };
};

function connectionOf(options: PolicyOptions, clientId: string): ConnectionFacts {
  return {
    clientId,
    thingName: options.thingName,
    isAttached: options.notAttached ? false : undefined,
    thingPrincipalType: options.exclusiveThing ? 'EXCLUSIVE_THING' : 'NON_EXCLUSIVE_THING',
    thingTypeName: options.thingType,
    thingAttributes: options.attribute,
    certificateId: options.certificateId,
    certificate: { subject: options.subject, issuer: options.issuer },
    domain: options.domain,
    sourceIp: options.sourceIp,
    connectAttributes: options.connectAttribute,
    lastWillTopic: options.lastWillTopic,
  };
}

/** The decision, then every statement in order with what it says to the request. */
export function describeDecision(question: PolicyQuestion): string {
  const { policies, request, connection, account } = question;
  const verdicts = explain(policies, request, connection, account);
  const decision = conclude(request, verdicts);
  const lines = verdicts.map((verdict) => {
    const says =
      verdict.failedAt === undefined ? `matches: ${verdict.statement.effect}` : `does not match: ${verdict.detail}`;
    return `  ${nameOf(verdict)} ${says}`;
  });
  return [
    `${decision.effect.toUpperCase()} ${request.action} on ${request.resource}`,
    decision.because,
    '',
    ...lines,
  ].join('\n');
}

function questionOf(options: PolicyOptions): PolicyQuestion {
  const { action, resource, policyFile } = options;
  if (policyFile.length === 0) throw new Error('Name at least one policy document with --policy-file.');
  if (action === undefined || resource === undefined) throw new Error('Name the request with --action and --resource.');
  const clientId = options.clientId ?? (/(^|:)connect$/i.test(action) ? resource : options.thingName);
  if (clientId === undefined) throw new Error('Name the connection with --client-id.');
  return policyQuestion({
    documents: policyFile.map((file) => ({ name: basename(file), document: readFileSync(file, 'utf8') })),
    action,
    resource,
    connection: connectionOf(options, clientId),
    strictConnect: options.strictConnect,
  });
}

async function run(options: PolicyOptions, command: Command): Promise<void> {
  if (options.json) {
    await answerJsonLines(process.stdin, process.stdout, (line) => answerPolicyLine(line, options.strictConnect));
    return;
  }
  try {
    process.stdout.write(`${describeDecision(questionOf(options))}\n`);
  } catch (error) {
    command.error(`iov policy: ${(error as Error).message}`);
  }
}

/** `iov policy`: decides a request of a device under AWS IoT Core policies, offline, and says which statement decided. */
export function policyCommand(): Command {
  const option = (flags: string, text: string): Option => new Option(flags, text);
  return new Command('policy')
    .description('decide what AWS IoT Core policies allow a connection to do, and say why')
    .addOption(option('--json', 'answer JSON Lines from standard input, one line each'))
    .addOption(option('--policy-file <file>', 'policy document (repeatable)').argParser(append).default([], 'none'))
    .addOption(option('--action <action>', 'e.g. iot:Publish'))
    .addOption(option('--resource <name>', 'topic, topic filter, client ID, thing, or an ARN'))
    .addOption(option('--client-id <id>', 'client ID of the connection'))
    .addOption(option('--thing-name <thing>', 'thing that the principal is attached to'))
    .addOption(option('--not-attached', 'the principal is not attached to the thing'))
    .addOption(option('--exclusive-thing', 'the attachment is exclusive (EXCLUSIVE_THING)'))
    .addOption(option('--thing-type <type>', 'thing type of the thing'))
    .addOption(
      option('--attribute <name=value>', 'attribute of the thing (repeatable)')
        .argParser(setMember)
        .default({}, 'none'),
    )
    .addOption(option('--certificate-id <id>', 'certificate of the connection'))
    .addOption(
      option('--subject <field=value>', 'certificate subject field (repeatable)')
        .argParser(addMember)
        .default({}, 'none'),
    )
    .addOption(
      option('--issuer <field=value>', 'certificate issuer field (repeatable)')
        .argParser(addMember)
        .default({}, 'none'),
    )
    .addOption(option('--domain <host>', 'host name that the client connected to'))
    .addOption(option('--source-ip <address>', 'address that the client connects from'))
    .addOption(
      option('--connect-attribute <name>', 'PersistentConnect or LastWill (repeatable)')
        .argParser(append)
        .default([], 'none'),
    )
    .addOption(option('--last-will-topic <topic>', 'topic of the will message'))
    .addOption(option('--strict-connect', 'persistent sessions and wills need a statement that names them'))
    .addHelpText('after', `\nActions: ${IOT_ACTIONS.join(', ')}`)
    .action(run);
}
