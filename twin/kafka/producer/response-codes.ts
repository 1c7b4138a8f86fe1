/** What a producer does about a code that a broker answers (Kafka documentation, "Error Codes"). */
export type Reaction =
  /** It is in the log. */
  | 'written'
  /** Not now, or not here: the same batch again. */
  | 'retry'
  /** The broker does not know this producer any more and wrote nothing: again under a new producer id. */
  | 'new identity'
  /** The batch as a whole is over the topic's limit. */
  | 'too large'
  /** Nothing that will be mended by waiting. */
  | 'refused';

const REACTIONS: Readonly<Record<number, Reaction>> = {
  0: 'written',
  46: 'written', // DUPLICATE_SEQUENCE_NUMBER: an earlier attempt had arrived
  2: 'retry', // CORRUPT_MESSAGE
  3: 'retry', // UNKNOWN_TOPIC_OR_PARTITION: metadata decides whether it exists
  5: 'retry', // LEADER_NOT_AVAILABLE
  6: 'retry', // NOT_LEADER_OR_FOLLOWER
  7: 'retry', // REQUEST_TIMED_OUT
  13: 'retry', // NETWORK_EXCEPTION
  19: 'retry', // NOT_ENOUGH_REPLICAS
  20: 'retry', // NOT_ENOUGH_REPLICAS_AFTER_APPEND
  56: 'retry', // KAFKA_STORAGE_ERROR
  74: 'retry', // FENCED_LEADER_EPOCH
  75: 'retry', // UNKNOWN_LEADER_EPOCH
  89: 'retry', // THROTTLING_QUOTA_EXCEEDED
  45: 'new identity', // OUT_OF_ORDER_SEQUENCE_NUMBER
  47: 'new identity', // INVALID_PRODUCER_EPOCH
  59: 'new identity', // UNKNOWN_PRODUCER_ID
  10: 'too large', // MESSAGE_TOO_LARGE
  18: 'too large', // RECORD_LIST_TOO_LARGE
};

export function reactionTo(errorCode: number): Reaction {
  return REACTIONS[errorCode] ?? 'refused';
}
