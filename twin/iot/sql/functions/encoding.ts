import type { CallExpression, Expression } from '../ast.ts';
import type { CompileContext } from '../compile-context.ts';
import { toText } from '../conversion.ts';
import { EvaluationFailure } from '../errors.ts';
import type { Evaluator, Frame } from '../frame.ts';
import { parseJson } from '../payload.ts';
import type { Value } from '../value.ts';
import { literalText, special, type SqlFunction } from './definition.ts';

/** Calls of `decode(…, 'proto', …)` in one statement (Developer Guide, "Working with binary payloads", Limitations). */
const MAX_PROTOBUF_CALLS = 2;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The bytes that an argument stands for: the message itself for `*`, else the text of its value. */
function bytesOf(expression: Expression, context: CompileContext): (frame: Frame) => Buffer | undefined {
  if (expression.kind === 'payload' && !context.scope) return (frame) => frame.message.payload;
  const evaluate = context.compile(expression);
  return (frame) => {
    const text = toText(evaluate(frame));
    return text === undefined ? undefined : Buffer.from(text);
  };
}

function compileEncode({ args }: CallExpression, context: CompileContext): Evaluator {
  const [value, scheme] = args;
  if (!value || literalText(scheme) !== 'base64') return () => undefined;
  const bytes = bytesOf(value, context);
  return (frame) => bytes(frame)?.toString('base64');
}

function compileDecode(call: CallExpression, context: CompileContext): Evaluator {
  const [value, scheme] = call.args;
  if (!value) return () => undefined;
  if (literalText(scheme) === 'base64') return call.args.length === 2 ? compileBase64(value, context) : () => undefined;
  if (literalText(scheme) === 'proto') return compileProtobuf(call, value, context);
  return () => undefined;
}

/** A JSON document becomes its value, other text a String; what is not base64 is Null (Developer Guide, "decode"). */
function compileBase64(value: Expression, context: CompileContext): Evaluator {
  const bytes = bytesOf(value, context);
  return (frame) => {
    const encoded = bytes(frame)?.toString('latin1');
    if (encoded === undefined) return undefined;
    const text = fromBase64(encoded)?.toString('utf8');
    if (text === undefined) return null;
    const json = parseJson(text, frame.keepsWholeDecimals);
    return json === undefined ? text : json;
  };
}

function fromBase64(text: string): Buffer | undefined {
  const unpadded = text.endsWith('=') ? text.replace(/=+$/, '') : text;
  return BASE64.test(text) && unpadded.length % 4 !== 1 ? Buffer.from(text, 'base64') : undefined;
}

function compileProtobuf(call: CallExpression, value: Expression, context: CompileContext): Evaluator {
  if (context.isTemplate) throw context.error('a substitution template cannot decode protobuf', call);
  if (call.args.length !== 6) return () => undefined;
  context.count('decode proto');
  context.count('external');
  const isRaw = value.kind === 'payload' && !context.scope;
  const bytes = bytesOf(value, context);
  const parameters = call.args.slice(2).map((argument) => context.compile(argument));
  return (frame) => {
    if (context.uses('decode proto') > MAX_PROTOBUF_CALLS) {
      throw new EvaluationFailure(`a statement may decode protobuf ${MAX_PROTOBUF_CALLS} times`);
    }
    const given = bytes(frame);
    const [bucket, key, file, type] = parameters.map((parameter) => toText(parameter(frame)));
    if (!given || bucket === undefined || key === undefined || file === undefined || type === undefined)
      return undefined;
    const message = isRaw ? given : fromBase64(given.toString('latin1'));
    if (!message) throw new EvaluationFailure('decode(): the protobuf message is not base64');
    return frame.record(() => decodeProtobuf(frame, message, { bucket, key, file, type }));
  };
}

async function decodeProtobuf(
  frame: Frame,
  message: Buffer,
  { bucket, key, file, type }: { bucket: string; key: string; file: string; type: string },
): Promise<Value> {
  const { fetchDescriptor } = frame.externals;
  if (!fetchDescriptor) throw new EvaluationFailure(`decode(): there is no object ${key} in a bucket ${bucket}`);
  const [{ decodeProtobufMessage }, descriptor] = await Promise.all([
    import('../protobuf.ts'),
    fetchDescriptor.call(frame.externals, { bucket, key }),
  ]);
  return decodeProtobufMessage(descriptor, file, type, message);
}

/** Base64 and protobuf (Developer Guide, "encode", "decode"). */
export const ENCODING: readonly SqlFunction[] = [
  special('encode', '2016-03-23', [2, 2], compileEncode),
  special('decode', '2016-03-23', [2, 6], compileDecode),
];
