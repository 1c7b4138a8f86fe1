import type { ShadowRefusal } from './refusal.ts';
import { topicPrefix, type ShadowKey } from './shadow-name.ts';
import type { ShadowOperation } from './shadow-requests.ts';

/** Who asks, as far as the log is concerned. */
export interface ShadowRequester {
  readonly protocol: 'MQTT' | 'HTTP';
  readonly clientId?: string;
  readonly principalId?: string;
}

/** One entry of AWS IoT logging (developer guide, "Device Shadow log entries"). */
export interface ShadowLogEntry extends ShadowRequester {
  readonly logLevel: 'INFO' | 'ERROR';
  readonly eventType: 'GetThingShadow' | 'UpdateThingShadow' | 'DeleteThingShadow';
  readonly status: 'Success' | 'Failure';
  readonly deviceShadowName: string;
  readonly topicName: string;
  /** Code and text of a refusal. */
  readonly reason?: string;
  readonly details?: string;
}

export interface ShadowLog {
  /** Asked before an entry is built, so that logging costs nothing where it is off. */
  enabled(level: ShadowLogEntry['logLevel']): boolean;
  write(entry: ShadowLogEntry): void;
}

const EVENT_TYPES = { get: 'GetThingShadow', update: 'UpdateThingShadow', delete: 'DeleteThingShadow' } as const;

/** Notes a request and how it ended. */
export function logRequest(
  log: ShadowLog,
  requester: ShadowRequester,
  { operation, key }: { readonly operation: ShadowOperation; readonly key: ShadowKey },
  refusal?: ShadowRefusal,
): void {
  const logLevel = refusal ? 'ERROR' : 'INFO';
  if (!log.enabled(logLevel)) return;
  log.write({
    ...requester,
    logLevel,
    eventType: EVENT_TYPES[operation],
    status: refusal ? 'Failure' : 'Success',
    deviceShadowName: key.shadowName ?? key.thingName,
    topicName: `${topicPrefix(key)}/${operation}`,
    ...(refusal && { reason: refusal.name, details: causeOf(refusal) }),
  });
}

/** What went wrong inside is for the log alone. */
function causeOf({ message, cause }: ShadowRefusal): string {
  return cause === undefined ? message : `${message}: ${String(cause)}`;
}
