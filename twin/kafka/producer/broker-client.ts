import type * as KafkaModule from '@platformatic/kafka';
import type { Connection, ConnectionOptions } from '@platformatic/kafka';

import { encodeProduceRequest, PRODUCE_KEY, PRODUCE_VERSION, type PartitionBatch } from './produce-request.ts';

/** The protocol client's module; loaded when the first producer connects. */
export type KafkaLibrary = typeof KafkaModule;

export type MetadataResponse = ReturnType<KafkaLibrary['metadataV12']['parseResponse']>;
type ProduceResponse = ReturnType<KafkaLibrary['produceV9']['parseResponse']>;

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export interface ProducedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null | undefined;
}

/** One authenticated connection to one broker, with the three requests that a producer makes. */
export class BrokerClient {
  readonly #library: KafkaLibrary;
  readonly #connection: Connection;

  private constructor(library: KafkaLibrary, connection: Connection) {
    this.#library = library;
    this.#connection = connection;
  }

  /** @throws the client's NetworkError; its cause tells a refused login (`AuthenticationError`) from a broker that is away */
  static async connect(
    library: KafkaLibrary,
    address: BrokerAddress,
    options: ConnectionOptions,
  ): Promise<BrokerClient> {
    const connection = new library.Connection('iot-rules-engine', options);
    // What goes wrong is told to whoever waits for an answer; an emitted error that nobody hears would end the process.
    connection.on('error', () => undefined);
    await connection.connect(address.host, address.port);
    return new BrokerClient(library, connection);
  }

  get isConnected(): boolean {
    return this.#connection.isConnected();
  }

  async metadata(topics: readonly string[]): Promise<MetadataResponse> {
    try {
      return await this.#library.metadataV12.api.async(this.#connection, [...topics], false);
    } catch (error) {
      // A topic that does not exist makes an error of an answer that is good for all the others.
      const { response } = error as { response?: MetadataResponse };
      if (response) return response;
      throw error;
    }
  }

  async newProducerId(): Promise<ProducerIdentity> {
    return this.#library.initProducerIdV4.api.async(this.#connection, null, 0);
  }

  /**
   * Resolves with the broker's verdict on each partition; with none when `acks` is 0, for which brokers do not answer.
   *
   * @throws when the connection ends before the answer: then each batch may or may not have been written
   */
  produce(acks: number, timeoutMs: number, batches: readonly PartitionBatch[]): Promise<ProducedPartition[]> {
    return new Promise((resolve, reject) => {
      const createPayload = (): InstanceType<KafkaLibrary['Writer']> => {
        const writer = encodeProduceRequest(this.#library.Writer.create(), acks, timeoutMs, batches);
        if (acks === 0) writer.context.noResponse = true;
        return writer;
      };
      const { parseResponse } = this.#library.produceV9;
      this.#connection.send(PRODUCE_KEY, PRODUCE_VERSION, createPayload, parseResponse, true, true, (error, answer) => {
        if (acks === 0) return error ? reject(error) : resolve([]);
        // An error of one partition comes as an error with the whole answer.
        const response = (error ? (error as { response?: unknown }).response : answer) as ProduceResponse | undefined;
        if (!response) return reject(error ?? new Error('The broker gave no answer.'));
        resolve(flatten(response));
      });
    });
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}

function flatten(response: ProduceResponse): ProducedPartition[] {
  return response.responses.flatMap(({ name, partitionResponses }) =>
    partitionResponses.map(({ index, errorCode, errorMessage }) => ({
      topic: name,
      partition: index,
      errorCode,
      errorMessage,
    })),
  );
}
