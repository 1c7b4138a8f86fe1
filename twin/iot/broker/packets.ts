import type { IDisconnectPacket, IPubackPacket, ISubscribePacket, IUnsubscribePacket } from 'mqtt-packet';

import type { Connection } from './connection.ts';
import { handleConnect } from './connect.ts';
import { decodeControl, PINGRESP } from './control-packet.ts';
import { ProtocolViolation } from './frames.ts';
import { acknowledged } from './outbound.ts';
import { handlePublish } from './publish.ts';
import { REASON } from './reason-codes.ts';
import { handleSubscribe, handleUnsubscribe } from './subscribe.ts';

const PUBLISH = 3;
const PUBACK = 4;

/** Takes one whole packet of a client. Those that IoT Core does not support (PUBREC, AUTH, …) end the connection. */
export function handlePacket(connection: Connection, bytes: Buffer, headerLength: number): void {
  const type = bytes[0]! >> 4;
  if (connection.state === 'awaiting-connect') {
    handleConnect(connection, bytes, headerLength);
    return;
  }
  if (type === PUBLISH) {
    handlePublish(connection, bytes, headerLength);
    return;
  }
  // A plain PUBACK answers each message sent; it needs no parser.
  if (type === PUBACK && bytes.length === 4 && bytes[0] === 0x40) {
    acknowledged(connection.core, connection.session!, bytes.readUInt16BE(2));
    return;
  }
  const packet = decodeControl(bytes, connection.version);
  switch (packet.cmd) {
    case 'puback':
      acknowledged(connection.core, connection.session!, (packet as IPubackPacket).messageId ?? 0);
      return;
    case 'subscribe':
      handleSubscribe(connection, packet as ISubscribePacket);
      return;
    case 'unsubscribe':
      handleUnsubscribe(connection, packet as IUnsubscribePacket);
      return;
    case 'pingreq':
      connection.write(PINGRESP);
      return;
    case 'disconnect':
      handleDisconnect(connection, packet as IDisconnectPacket);
      return;
    default:
      throw new ProtocolViolation(`${packet.cmd} is not supported from a client`, REASON.PROTOCOL_ERROR);
  }
}

/** DISCONNECT (MQTT 5, section 3.14); the will is dropped unless the client asks for it by reason code 0x04. */
function handleDisconnect(connection: Connection, packet: IDisconnectPacket): void {
  const session = connection.session!;
  const expiry = packet.properties?.sessionExpiryInterval;
  if (expiry !== undefined) {
    // Section 3.14.2.2.2: a session that was to end with the connection cannot be kept afterwards.
    if (!session.persistent && expiry > 0)
      throw new ProtocolViolation('session expiry set on DISCONNECT only', REASON.PROTOCOL_ERROR);
    session.expirySeconds = Math.min(expiry, connection.core.sessionExpirySeconds);
  }
  connection.close('CLIENT_INITIATED_DISCONNECT', {
    clientWantsWill: packet.reasonCode === REASON.DISCONNECT_WITH_WILL,
  });
}
