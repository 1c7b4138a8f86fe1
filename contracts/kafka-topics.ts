/** Kafka topics of the stream. Consumers rely on these names; partitions and retention are an environment's settings. */
export const KAFKA_TOPICS = {
  telemetry: 'iov.telemetry',
  events: 'iov.events',
  v2x: 'iov.v2x',
  presence: 'iov.presence',
  commandRequests: 'iov.command.requests',
  commandStatus: 'iov.command.status',
  otaStatus: 'iov.ota.status',
  heartbeat: 'iov.heartbeat',
} as const;

export type KafkaTopic = (typeof KAFKA_TOPICS)[keyof typeof KAFKA_TOPICS];

/** Headers that every record written by a rule carries, all UTF-8 text; `received_at` is the rules engine's clock in ms. */
export const RECORD_HEADERS = ['mqtt_topic', 'thing', 'received_at', 'trace'] as const;
