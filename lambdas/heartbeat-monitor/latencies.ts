import type { MSKEvent } from 'aws-lambda';
import type { Heartbeat } from '../../contracts/heartbeat.ts';
import { heartbeatRule, type KafkaRuleName } from '../../contracts/topics.ts';

export interface HeartbeatLatency {
  readonly rule: KafkaRuleName;
  /** From publication to Kafka's record, in ms; never negative, though two clocks are compared. */
  readonly milliseconds: number;
}

/**
 * How long each heartbeat of a batch took to Kafka. Up to the record's own time, not to now: how long this function waited for its batch is
 * nobody's latency. What is no heartbeat is passed over.
 */
export function heartbeatLatencies({ records }: Pick<MSKEvent, 'records'>): HeartbeatLatency[] {
  return Object.values(records)
    .flat()
    .flatMap(({ headers, value, timestamp }) => {
      const rule = heartbeatRule(headerText(headers, 'mqtt_topic'));
      const sentAt = sentAtOf(value);
      return rule && sentAt !== undefined ? [{ rule, milliseconds: Math.max(0, timestamp - sentAt) }] : [];
    });
}

function headerText(headers: MSKEvent['records'][string][number]['headers'], name: string): string {
  const bytes = headers.find((header) => Object.hasOwn(header, name))?.[name];
  return bytes ? Buffer.from(bytes).toString('utf8') : '';
}

function sentAtOf(value: string): number | undefined {
  try {
    const { at } = JSON.parse(Buffer.from(value, 'base64').toString('utf8')) as Heartbeat;
    return typeof at === 'number' ? at : undefined;
  } catch {
    return undefined;
  }
}
