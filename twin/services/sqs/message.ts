import { createHash } from 'node:crypto';

export interface MessageAttributeValue {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: Uint8Array;
}

/** A message attribute as it is stored: bytes in base64. */
export interface StoredAttribute {
  readonly type: string;
  readonly text?: string;
  readonly base64?: string;
}

export interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, StoredAttribute>>;
  readonly traceHeader?: string;
  readonly senderId: string;
  /** Milliseconds since the epoch, as are the other times. */
  readonly sentAt: number;
  readonly visibleAt: number;
  readonly receiveCount: number;
  readonly firstReceivedAt?: number;
  /** Of the most recent receive. */
  readonly receiptHandle?: string;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  readonly sequenceNumber?: string;
  readonly deadLetterSourceArn?: string;
}

export function storeAttributes(
  attributes: Readonly<Record<string, MessageAttributeValue>> | undefined,
): Record<string, StoredAttribute> {
  return Object.fromEntries(
    Object.entries(attributes ?? {}).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      BinaryValue === undefined
        ? { type: DataType, text: StringValue }
        : { type: DataType, base64: Buffer.from(BinaryValue).toString('base64') },
    ]),
  );
}

export function restoreAttributes(
  attributes: Readonly<Record<string, StoredAttribute>>,
): Record<string, MessageAttributeValue> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { type, text, base64 }]) => [
      name,
      base64 === undefined
        ? { DataType: type, StringValue: text ?? '' }
        : { DataType: type, BinaryValue: Buffer.from(base64, 'base64') },
    ]),
  );
}

export function md5OfText(text: string): string {
  return createHash('md5').update(text, 'utf8').digest('hex');
}

/**
 * The digest that SDKs verify (Developer Guide, "Calculating the MD5 message digest for message attributes"): by name,
 * each of name, type and value with its length before it, and a byte that tells text from bytes.
 */
export function md5OfAttributes(attributes: Readonly<Record<string, StoredAttribute>>): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const update = (bytes: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const { type, text, base64 } = attributes[name]!;
    update(Buffer.from(name, 'utf8'));
    update(Buffer.from(type, 'utf8'));
    hash.update(Buffer.from([base64 === undefined ? 1 : 2]));
    update(base64 === undefined ? Buffer.from(text ?? '', 'utf8') : Buffer.from(base64, 'base64'));
  }
  return hash.digest('hex');
}

/** Bytes that count against the maximum message size: the body, and every attribute's name, type and value. */
export function sizeOf(body: string, attributes: Readonly<Record<string, StoredAttribute>>): number {
  let size = Buffer.byteLength(body);
  for (const [name, { type, text, base64 }] of Object.entries(attributes)) {
    size +=
      Buffer.byteLength(name) +
      Buffer.byteLength(type) +
      (base64 === undefined ? Buffer.byteLength(text ?? '') : Buffer.byteLength(base64, 'base64'));
  }
  return size;
}
