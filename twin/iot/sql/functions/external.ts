import type { CallExpression, Expression } from '../ast.ts';
import type { CompileContext } from '../compile-context.ts';
import { toText } from '../conversion.ts';
import { EvaluationFailure } from '../errors.ts';
import type { Externals } from '../externals.ts';
import type { Evaluator, Frame } from '../frame.ts';
import { isObject, type Value } from '../value.ts';
import { literalText, special, type SqlFunction } from './definition.ts';

type Fetch = (frame: Frame, args: Value[]) => Value | Promise<Value>;

interface ExternalOptions {
  /** Calls allowed in one statement; a further one ends the rule. */
  readonly maxCalls?: number;
  /** Which argument is the role; -1 is the last. It may not be a variable (Developer Guide, "SET clause"). */
  readonly roleAt?: number;
  readonly check?: (call: CallExpression, context: CompileContext) => void;
}

function external(
  name: string,
  since: '2015-10-08' | '2016-03-23',
  arity: readonly [number, number],
  fetch: Fetch,
  { maxCalls = Infinity, roleAt, check }: ExternalOptions = {},
): SqlFunction {
  const compile = (call: CallExpression, context: CompileContext): Evaluator => {
    context.count(name);
    const role = roleAt === undefined ? undefined : call.args.at(roleAt);
    if (role?.kind === 'variable') throw context.error(`the role of ${name}() cannot be a variable`, role);
    check?.(call, context);
    const args = call.args.map((argument) => context.compile(argument));
    return (frame) => {
      if (context.uses(name) > maxCalls) {
        throw new EvaluationFailure(
          `${name}() may be called ${maxCalls === 1 ? 'once' : `${maxCalls} times`} in a statement`,
        );
      }
      const values = args.map((argument) => argument(frame));
      return frame.record(() => fetch(frame, values));
    };
  };
  return special(name, since, arity, compile, true);
}

/** The function of `Externals`, or a failure that names what the statement asked for. */
function required<K extends keyof Externals>(frame: Frame, key: K, what: string): NonNullable<Externals[K]> {
  const found = frame.externals[key];
  if (!found) throw new EvaluationFailure(`${what} is not reachable here`);
  return found.bind(frame.externals) as NonNullable<Externals[K]>;
}

function textArgument(value: Value, what: string): string {
  const text = toText(value);
  if (text === undefined) throw new EvaluationFailure(`${what} is Null or Undefined`);
  return text;
}

const getSecret: Fetch = (frame, args) => {
  const secretId = textArgument(args[0], 'the secret of get_secret()');
  const [, secretType] = args;
  if (secretType !== 'SecretString' && secretType !== 'SecretBinary') {
    throw new EvaluationFailure("the secret type of get_secret() is neither 'SecretString' nor 'SecretBinary'");
  }
  const key = args.length === 4 ? textArgument(args[2], 'the key of get_secret()') : undefined;
  if (key !== undefined && secretType === 'SecretBinary') {
    throw new EvaluationFailure('get_secret() takes no key with SecretBinary');
  }
  const roleArn = textArgument(args.at(-1), 'the role of get_secret()');
  return required(frame, 'getSecret', `the secret ${secretId}`)({ secretId, secretType, key, roleArn });
};

const getDynamoDb: Fetch = (frame, args) => {
  const tableName = textArgument(args[0], 'the table of get_dynamodb()');
  const partitionKey = keyOf(args[1], args[2]);
  const sortKey = args.length === 6 ? keyOf(args[3], args[4]) : undefined;
  const roleArn = textArgument(args.at(-1), 'the role of get_dynamodb()');
  return required(frame, 'getDynamoDb', `the table ${tableName}`)({ tableName, partitionKey, sortKey, roleArn });
};

function keyOf(name: Value, value: Value): { name: string; value: Value } {
  if (value === undefined || value === null)
    throw new EvaluationFailure('a key of get_dynamodb() is Null or Undefined');
  return { name: textArgument(name, 'the name of a key of get_dynamodb()'), value };
}

const getThingShadow: Fetch = (frame, args) => {
  const thingName = textArgument(args[0], 'the thing of get_thing_shadow()');
  const shadowName = args.length === 3 ? textArgument(args[1], 'the shadow of get_thing_shadow()') : undefined;
  const roleArn = textArgument(args.at(-1), 'the role of get_thing_shadow()');
  return required(frame, 'getThingShadow', `the shadow of ${thingName}`)({ thingName, shadowName, roleArn });
};

const getRegistryData: Fetch = (frame, args) => {
  const [operation] = args;
  if (operation !== 'DescribeThing' && operation !== 'ListThingGroupsForThing') {
    throw new EvaluationFailure("get_registry_data() knows 'DescribeThing' and 'ListThingGroupsForThing'");
  }
  const thingName = textArgument(args[1], 'the thing of get_registry_data()');
  const roleArn = textArgument(args[2], 'the role of get_registry_data()');
  return required(frame, 'getRegistryData', `the registry's ${thingName}`)({ operation, thingName, roleArn });
};

function requireLiteralOperation({ args: [operation] }: CallExpression, context: CompileContext): void {
  if (operation && literalText(operation) === undefined) {
    throw context.error('the registry API of get_registry_data() must be a literal string', operation);
  }
}

const predict: Fetch = (frame, args) => {
  const modelId = textArgument(args[0], 'the model of machinelearning_predict()');
  const roleArn = textArgument(args[1], 'the role of machinelearning_predict()');
  const [, , record] = args;
  if (!isObject(record)) throw new EvaluationFailure('the record of machinelearning_predict() is not an object');
  const predictOnce = required(frame, 'machineLearningPredict', `the model ${modelId}`);
  return predictOnce({ modelId, roleArn, record: flatten(record) });
};

/** A record has one layer: deeper values become their JSON text (Developer Guide, "machinelearning_predict"). */
function flatten(record: Readonly<Record<string, Value>>): Record<string, string | number | boolean> {
  const flat: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(record)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') flat[key] = value;
    else if (value !== undefined && value !== null) flat[key] = toText(value)!;
  }
  return flat;
}

/** `aws_lambda(arn, *)` hands over the message's bytes, anything else its JSON text. */
function compileLambda({ args }: CallExpression, context: CompileContext): Evaluator {
  const [arn, input] = args;
  if (!arn || !input) return () => undefined;
  const functionArn = context.compile(arn);
  const payload = payloadOf(input, context);
  return (frame) => {
    const target = textArgument(functionArn(frame), 'the function of aws_lambda()');
    const bytes = payload(frame);
    return frame.record(() =>
      required(frame, 'invokeLambda', `the function ${target}`)({ functionArn: target, payload: bytes }),
    );
  };
}

function payloadOf(input: Expression, context: CompileContext): (frame: Frame) => Buffer {
  if (input.kind === 'payload' && !context.scope) return (frame) => frame.message.payload;
  const evaluate = context.compile(input);
  return (frame) => {
    const value = evaluate(frame);
    if (value === undefined) throw new EvaluationFailure('the input of aws_lambda() is Undefined');
    return Buffer.from(JSON.stringify(value));
  };
}

/** Functions that fetch data from outside (Developer Guide, "Functions"). They fail where others are Undefined. */
export const EXTERNAL: readonly SqlFunction[] = [
  external('get_secret', '2015-10-08', [3, 4], getSecret, { roleAt: -1 }),
  external('get_dynamodb', '2016-03-23', [4, 6], getDynamoDb, { maxCalls: 1, roleAt: -1 }),
  external('get_thing_shadow', '2016-03-23', [2, 3], getThingShadow, { roleAt: -1 }),
  external('get_registry_data', '2016-03-23', [3, 3], getRegistryData, {
    maxCalls: 1,
    roleAt: 2,
    check: requireLiteralOperation,
  }),
  external('machinelearning_predict', '2015-10-08', [3, 3], predict, { roleAt: 1 }),
  special('aws_lambda', '2015-10-08', [2, 2], compileLambda, true),
];
