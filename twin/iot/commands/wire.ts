import type * as iot from '@aws-sdk/client-iot';

import type { CommandDefinition, CommandParameter, ParameterValue } from './command.ts';

/** Bytes are kept in base64, so that a record survives JSON. */
function base64(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : Buffer.from(value as Uint8Array).toString('base64');
}

export function keptValue(value: Readonly<Record<string, unknown>>): ParameterValue {
  const { BIN, ...rest } = value;
  return { ...rest, ...(BIN !== undefined && { BIN: base64(BIN)! }) };
}

export function keptValues(
  values: Readonly<Record<string, unknown>> | undefined,
): Record<string, ParameterValue> | undefined {
  if (!values) return undefined;
  const kept = Object.entries(values).map(([name, value]) => [name, keptValue(value as Record<string, unknown>)]);
  return Object.fromEntries(kept) as Record<string, ParameterValue>;
}

export function answeredValue<T extends { readonly BIN?: string }>(value: T): Omit<T, 'BIN'> & { BIN?: Uint8Array } {
  const { BIN, ...rest } = value;
  return { ...rest, ...(BIN !== undefined && { BIN: Buffer.from(BIN, 'base64') }) };
}

export function answeredValues<T extends { readonly BIN?: string }>(
  values: Readonly<Record<string, T>>,
): Record<string, Omit<T, 'BIN'> & { BIN?: Uint8Array }> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, answeredValue(value)]));
}

/** What CreateCommand and `AWS::IoT::Command` say of a command. */
export function definitionOf(input: {
  readonly payload?: { readonly content?: unknown; readonly contentType?: string | undefined } | undefined;
  readonly payloadTemplate?: string | undefined;
  readonly preprocessor?: unknown;
  readonly mandatoryParameters?: readonly object[] | undefined;
  readonly roleArn?: string | undefined;
}): CommandDefinition {
  const { payload, payloadTemplate, preprocessor, mandatoryParameters, roleArn } = input;
  return {
    ...(payload && {
      payload: {
        content: base64(payload.content) ?? '',
        contentType: payload.contentType ?? 'application/octet-stream',
      },
    }),
    ...(payloadTemplate !== undefined && { payloadTemplate }),
    ...(preprocessor !== undefined && { preprocessor: preprocessor as NonNullable<CommandDefinition['preprocessor']> }),
    ...(mandatoryParameters && { mandatoryParameters: mandatoryParameters.map(keptParameter) }),
    ...(roleArn !== undefined && { roleArn }),
  };
}

function keptParameter(given: object): CommandParameter {
  const { value, defaultValue, ...parameter } = given as CommandParameter;
  return {
    ...parameter,
    ...(value && { value: keptValue(value as Record<string, unknown>) }),
    ...(defaultValue && { defaultValue: keptValue(defaultValue as Record<string, unknown>) }),
  };
}

/** A parameter as GetCommand answers it. */
export function answeredParameter({ value, defaultValue, ...parameter }: CommandParameter): iot.CommandParameter {
  return {
    ...parameter,
    ...(value && { value: answeredValue(value) }),
    ...(defaultValue && { defaultValue: answeredValue(defaultValue) }),
  } as iot.CommandParameter;
}
