/**
 * PUBACKs leave in the order in which their PUBLISHes came (MQTT 5, section 4.6), while the rules behind each message
 * finish in any order. Messages that wait for nothing never enter the queue.
 */
export class AcknowledgementQueue {
  readonly #send: (packetId: number, reasonCode: number) => void;
  #waiting: { readonly packetId: number; reasonCode: number | undefined }[] = [];

  constructor(send: (packetId: number, reasonCode: number) => void) {
    this.#send = send;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Sends at once, or behind those that came before. */
  acknowledge(packetId: number, reasonCode: number): void {
    if (this.#waiting.length === 0) this.#send(packetId, reasonCode);
    else this.#waiting.push({ packetId, reasonCode });
  }

  /** Holds a place in the order; the returned function fills it. */
  reserve(packetId: number): (reasonCode: number) => void {
    const place: { packetId: number; reasonCode: number | undefined } = { packetId, reasonCode: undefined };
    this.#waiting.push(place);
    return (reasonCode) => {
      place.reasonCode = reasonCode;
      let sent = 0;
      while (sent < this.#waiting.length && this.#waiting[sent]!.reasonCode !== undefined) {
        this.#send(this.#waiting[sent]!.packetId, this.#waiting[sent]!.reasonCode!);
        sent += 1;
      }
      if (sent > 0) this.#waiting = this.#waiting.slice(sent);
    };
  }
}
