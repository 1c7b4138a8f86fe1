/**
 * The closed catalogue of what can go wrong with the twin as a program (not with a device's or an app's request: those
 * get AWS's own errors). Each says what to do next.
 */
export const CATALOGUE = {
  IOV_ASSEMBLY_MISSING: {
    advice: 'Run `npm run synth` first, or name the folder that `cdk synth` wrote.',
    retryable: false,
  },
  IOV_ASSEMBLY_BROKEN: {
    advice: 'Run `npm run synth` again and read its output; the template named above cannot be used as it is.',
    retryable: false,
  },
  IOV_ALREADY_RUNNING: {
    advice:
      'Stop the other run (Ctrl-C in its terminal), or start this one with `--ports-from` and `--state` of its own.',
    retryable: true,
  },
  IOV_PORT_TAKEN: {
    advice: 'Stop the program that listens there, or move every port with `--ports-from N`.',
    retryable: true,
  },
  IOV_KAFKA_UNAVAILABLE: {
    advice: 'Install Java 17 or newer together with Maven, or Docker, or name a broker with `--kafka host:port`.',
    retryable: false,
  },
  IOV_KAFKA_UNREACHABLE: {
    advice: "Start that broker with a plaintext listener there, or leave out `--kafka` to run the twin's own.",
    retryable: true,
  },
  IOV_KAFKA_FAILED: {
    advice: 'Read the log named above; delete the data folder named there to start Kafka empty.',
    retryable: true,
  },
  IOV_KAFKA_CHECKSUM: {
    advice:
      'Delete the cache folder named above and start again; if it happens again, do not trust the network you are on.',
    retryable: true,
  },
  IOV_STATE_UNREADABLE: {
    advice: 'Start with `--fresh` to begin with an empty state; the unreadable one is kept beside it.',
    retryable: false,
  },
  IOV_RESOURCE_FAILED: { advice: 'Correct the resource in the CDK app and synthesize again.', retryable: false },
  IOV_RESOURCE_UNSUPPORTED: { advice: 'Start without `--strict` to run without these resources.', retryable: false },
} as const satisfies Record<string, { advice: string; retryable: boolean }>;

export type ErrorCode = keyof typeof CATALOGUE;

/** An error of the twin as a program: what was wrong and where (message), and what to do next (advice). */
export class IovError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'IovError';
    this.code = code;
  }

  get advice(): string {
    return CATALOGUE[this.code].advice;
  }

  get retryable(): boolean {
    return CATALOGUE[this.code].retryable;
  }
}
