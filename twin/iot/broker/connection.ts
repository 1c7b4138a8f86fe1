import type { ScheduledCall } from '../../clock.ts';
import { AcknowledgementQueue } from './acknowledgements.ts';
import { encodeControl, encodePuback } from './control-packet.ts';
import type { BrokerCore } from './core.ts';
import { packetLength, ProtocolViolation } from './frames.ts';
import type { Watched } from './keep-alive.ts';
import type { Admission, ClientCertificate, HttpContext, VerifiedSignature } from './ports.ts';
import { TokenBucket } from './quotas.ts';
import { REASON, type DisconnectReason, type ReasonCode } from './reason-codes.ts';
import type { Session } from './sessions.ts';
import type { Transport } from './transport.ts';
import type { Will } from './wills.ts';

/** Beyond this a reader counts as slow: QoS 0 is dropped for it, QoS 1 waits in its session. */
export const SLOW_READER_BYTES = 512 * 1024;

/** MQTT's own unacknowledged limit, in both directions (quota "Maximum inbound/outbound unacknowledged QoS 1"). */
export const IN_FLIGHT_LIMIT = 100;

/** Larger writes are passed on as they are; smaller ones are joined, which costs less than another TLS record. */
const JOIN_BYTES = 64 * 1024;

/** Packet type (MQTT 5, section 2.1.2). */
const CONNECT = 1;

/** Time to connect, and to take a last DISCONNECT, before the socket is destroyed. */
const GRACE_SECONDS = 10;

export interface Peer {
  readonly sourceIp: string;
  readonly sourcePort: number;
  readonly serverName?: string;
  readonly certificate?: ClientCertificate;
  readonly signature?: VerifiedSignature;
  readonly http?: HttpContext;
}

/** Bytes of packets that are not whole yet, or that have to wait; `wanted` is 0 while the length is not known. */
interface PendingBytes {
  readonly parts: Buffer[];
  length: number;
  readonly wanted: number;
}

/** Takes one whole packet. Throwing ProtocolViolation ends the connection. */
export type PacketHandler = (connection: Connection, packet: Buffer, headerLength: number) => void;

export interface ConnectionEvents {
  readonly onPacket: PacketHandler;
  /** Called once, however the connection ended, if it was ever open. */
  readonly onClosed: (connection: Connection, reason: DisconnectReason, options: CloseOptions) => void;
}

export interface CloseOptions {
  /** Sent in an MQTT 5 DISCONNECT before the socket closes. */
  readonly reasonCode?: ReasonCode;
  readonly preventWill?: boolean;
  /** The client took its leave with reason code 0x04 and wants its will sent. */
  readonly clientWantsWill?: boolean;
  readonly details?: string;
}

/**
 * One client's connection: bytes in, whole packets to the handlers; packets out, collected and written once a turn of
 * the event loop. What an idle connection does not need is made when it is first needed.
 */
export class Connection implements Watched {
  readonly core: BrokerCore;
  readonly #events: ConnectionEvents;
  readonly transport: Transport;
  state: 'awaiting-connect' | 'admitting' | 'open' | 'closed' = 'awaiting-connect';
  version: 4 | 5 = 4;
  /** What the gatekeeper is told; dropped after the CONNECT, for certificates are large. */
  peer: Peer | undefined;
  readonly sourceIp: string;
  readonly sourcePort: number;
  clientId = '';
  admission: Admission | undefined;
  session: Session | undefined;
  will: Will | undefined;
  keepAliveSeconds = 0;
  connectedAt = 0;
  sessionIdentifier = '';
  presenceVersion = 0;
  /** MQTT 5, sections 3.1.2.11.3 and 3.1.2.11.4. */
  receiveMaximum = IN_FLIGHT_LIMIT;
  maximumPacketSize = Infinity;
  topicAliases: Map<number, string> | undefined;
  lastHeardSecond = 0;
  silenceSeconds = GRACE_SECONDS;
  wheelSlot = -1;
  /** QoS 0 messages that the rules have not finished with. */
  unsettledQos0 = 0;
  /** Ends connections whose authorization or WebSocket has a term. */
  lifetime: ScheduledCall | undefined;
  #acknowledgements: AcknowledgementQueue | undefined;
  #publishBucket: TokenBucket | undefined;
  #bytesBucket: TokenBucket | undefined;
  #pending: PendingBytes | undefined;
  #holds = 0;
  #heldForRules = false;
  #outbox: Buffer[] | undefined;
  #outboxBytes = 0;

  constructor(core: BrokerCore, transport: Transport, peer: Peer, events: ConnectionEvents) {
    this.core = core;
    this.transport = transport;
    this.peer = peer;
    this.sourceIp = peer.sourceIp;
    this.sourcePort = peer.sourcePort;
    this.#events = events;
    core.connections.add(this);
    core.wheel.watch(this);
  }

  get isSlow(): boolean {
    return this.#outboxBytes + this.transport.bufferedBytes > SLOW_READER_BYTES;
  }

  /** Whether PUBACKs are still owed; they keep their order. */
  get acknowledgements(): AcknowledgementQueue {
    return (this.#acknowledgements ??= new AcknowledgementQueue((packetId, reasonCode) => {
      // MQTT 3.1.1 has no negative PUBACK: whatever was refused and did not disconnect stays unacknowledged.
      if (reasonCode === 0 || this.version === 5) this.write(encodePuback(packetId, reasonCode));
    }));
  }

  /** Takes a publish of either direction from the connection's 100 a second. */
  takePublish(): boolean {
    const rate = this.core.quotas.publishRatePerConnection;
    if (rate === Infinity) return true;
    const now = this.core.clock.now();
    return (this.#publishBucket ??= new TokenBucket(rate, now)).take(now);
  }

  receive(chunk: Buffer): void {
    if (this.state === 'closed') return;
    this.lastHeardSecond = this.core.wheel.now;
    this.core.counters.bytesIn += chunk.length;
    this.#slowDown(chunk.length);
    if (this.#pending) {
      this.#pending.parts.push(chunk);
      this.#pending.length += chunk.length;
      this.#processPending();
    } else this.#process(chunk);
  }

  /** Stops reading; packets that have already come wait. Each hold needs its release. */
  hold(): void {
    this.#holds += 1;
    if (this.#holds === 1) this.transport.pause();
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds > 0 || this.state === 'closed') return;
    this.transport.resume();
    this.#processPending();
  }

  /** Stops reading while the rules owe too many PUBACKs. */
  holdForRules(hold: boolean): void {
    if (hold === this.#heldForRules) return;
    this.#heldForRules = hold;
    if (hold) this.hold();
    else this.release();
  }

  write(bytes: Buffer): void {
    if (this.state === 'closed') return;
    if (!this.#outbox) {
      this.#outbox = [bytes];
      this.core.flusher.schedule(this);
    } else this.#outbox.push(bytes);
    this.#outboxBytes += bytes.length;
  }

  flush(): void {
    const outbox = this.#outbox;
    if (!outbox) return;
    const total = this.#outboxBytes;
    this.#outbox = undefined;
    this.#outboxBytes = 0;
    this.core.counters.bytesOut += total;
    if (outbox.length === 1) this.transport.write(outbox[0]!);
    else if (total <= JOIN_BYTES) this.transport.write(Buffer.concat(outbox, total));
    else for (const bytes of outbox) this.transport.write(bytes);
  }

  onSilent(): void {
    if (this.state === 'open') this.close('MQTT_KEEP_ALIVE_TIMEOUT', { reasonCode: REASON.KEEP_ALIVE_TIMEOUT });
    else {
      this.close('CLIENT_ERROR', { details: 'no CONNECT in time' });
      this.transport.destroy();
    }
  }

  /** Ends the connection: a DISCONNECT where the version has one, what is buffered, then the socket. */
  close(reason: DisconnectReason, options: CloseOptions = {}): void {
    if (this.state === 'closed') return;
    const wasOpen = this.state === 'open';
    if (wasOpen && this.version === 5 && options.reasonCode !== undefined) {
      this.write(encodeControl({ cmd: 'disconnect', reasonCode: options.reasonCode }, 5));
    }
    this.flush();
    this.state = 'closed';
    this.#pending = undefined;
    this.lifetime?.cancel();
    this.core.connections.delete(this);
    // A peer that takes no more bytes must not keep its socket: onSilent destroys it.
    this.silenceSeconds = GRACE_SECONDS;
    this.core.wheel.watch(this);
    this.transport.end();
    if (wasOpen) this.#events.onClosed(this, reason, options);
  }

  /** The socket is gone. */
  lost(): void {
    this.close('CONNECTION_LOST');
    this.core.wheel.unwatch(this);
  }

  #slowDown(byteCount: number): void {
    const rate = this.core.quotas.bytesRatePerConnection;
    if (rate === Infinity) return;
    const now = this.core.clock.now();
    const delay = (this.#bytesBucket ??= new TokenBucket(rate, now)).borrow(now, byteCount);
    if (delay === 0) return;
    this.hold();
    this.core.clock.schedule(delay, () => this.release());
  }

  /** Joins what has come in pieces, once and only when the packet can be whole. */
  #processPending(): void {
    const pending = this.#pending;
    if (!pending || pending.length < pending.wanted || !this.#canProcess()) return;
    this.#pending = undefined;
    this.#process(pending.parts.length === 1 ? pending.parts[0]! : Buffer.concat(pending.parts, pending.length));
  }

  #process(bytes: Buffer): void {
    let offset = 0;
    let wanted = 0;
    try {
      if (this.state === 'awaiting-connect' && bytes[0]! >> 4 !== CONNECT) {
        // Told by its first byte, so that no other protocol is waited for (MQTT 5, section 3.1).
        throw new ProtocolViolation('the first packet is not CONNECT', REASON.PROTOCOL_ERROR);
      }
      while (this.#canProcess() && offset + 1 < bytes.length) {
        const length = packetLength(bytes, offset);
        if (length > this.core.quotas.packetBytes) {
          throw new ProtocolViolation(`packet of ${length} bytes`, REASON.QUOTA_EXCEEDED);
        }
        wanted = length;
        if (length === 0 || offset + length > bytes.length) break;
        const packet = bytes.subarray(offset, offset + length);
        offset += length;
        wanted = 0;
        this.#events.onPacket(this, packet, fixedHeaderLength(packet));
      }
    } catch (error) {
      this.#fail(error);
    }
    if ((this.state as string) === 'closed' || offset === bytes.length) return;
    const rest = offset === 0 ? bytes : bytes.subarray(offset);
    this.#pending = { parts: [rest], length: rest.length, wanted };
  }

  #canProcess(): boolean {
    return this.#holds === 0 && (this.state === 'open' || this.state === 'awaiting-connect');
  }

  #fail(error: unknown): void {
    if (error instanceof ProtocolViolation)
      this.close('CLIENT_ERROR', { reasonCode: error.reasonCode, details: error.message });
    else this.close('SERVER_ERROR', { reasonCode: REASON.UNSPECIFIED_ERROR, details: (error as Error).stack });
  }
}

function fixedHeaderLength(packet: Buffer): number {
  let index = 1;
  while (packet[index]! >= 0x80) index += 1;
  return index + 1;
}
