/** MQTT 5 reason codes that IoT Core uses (developer guide, "MQTT reason codes"); one table for all packets. */
export const REASON = {
  SUCCESS: 0x00,
  GRANTED_QOS_1: 0x01,
  DISCONNECT_WITH_WILL: 0x04,
  NO_SUBSCRIPTION_EXISTED: 0x11,
  UNSPECIFIED_ERROR: 0x80,
  MALFORMED_PACKET: 0x81,
  PROTOCOL_ERROR: 0x82,
  CLIENT_IDENTIFIER_NOT_VALID: 0x85,
  BAD_USER_NAME_OR_PASSWORD: 0x86,
  NOT_AUTHORIZED: 0x87,
  SERVER_SHUTTING_DOWN: 0x8b,
  KEEP_ALIVE_TIMEOUT: 0x8d,
  SESSION_TAKEN_OVER: 0x8e,
  TOPIC_FILTER_INVALID: 0x8f,
  TOPIC_NAME_INVALID: 0x90,
  RECEIVE_MAXIMUM_EXCEEDED: 0x93,
  TOPIC_ALIAS_INVALID: 0x94,
  QUOTA_EXCEEDED: 0x97,
  ADMINISTRATIVE_ACTION: 0x98,
  QOS_NOT_SUPPORTED: 0x9b,
  SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED: 0xa1,
} as const;

export type ReasonCode = (typeof REASON)[keyof typeof REASON];

/** CONNACK return codes of MQTT 3.1.1 (section 3.2.2.3). */
const RETURN_CODE = {
  UNACCEPTABLE_PROTOCOL: 1,
  IDENTIFIER_REJECTED: 2,
  SERVER_UNAVAILABLE: 3,
  BAD_CREDENTIALS: 4,
  NOT_AUTHORIZED: 5,
} as const;

/** The MQTT 3.1.1 CONNACK return code that says what an MQTT 5 reason code says. */
export function connackReturnCode(reason: ReasonCode): number {
  switch (reason) {
    case REASON.SUCCESS:
      return 0;
    case REASON.CLIENT_IDENTIFIER_NOT_VALID:
      return RETURN_CODE.IDENTIFIER_REJECTED;
    case REASON.BAD_USER_NAME_OR_PASSWORD:
      return RETURN_CODE.BAD_CREDENTIALS;
    case REASON.NOT_AUTHORIZED:
      return RETURN_CODE.NOT_AUTHORIZED;
    default:
      return RETURN_CODE.SERVER_UNAVAILABLE;
  }
}

/** SUBACK in MQTT 3.1.1 knows one failure (section 3.9.3). */
export function subackReturnCode(reason: number): number {
  return reason >= 0x80 ? 0x80 : reason;
}

/** Why a connection ended, in IoT Core's words (developer guide, "Connect/Disconnect events"). */
export type DisconnectReason =
  | 'AUTH_ERROR'
  | 'CLIENT_INITIATED_DISCONNECT'
  | 'CLIENT_ERROR'
  | 'CONNECTION_LOST'
  | 'DUPLICATE_CLIENTID'
  | 'FORBIDDEN_ACCESS'
  | 'MQTT_KEEP_ALIVE_TIMEOUT'
  | 'SERVER_ERROR'
  | 'SERVER_INITIATED_DISCONNECT'
  | 'API_INITIATED_DISCONNECT'
  | 'THROTTLED'
  | 'WEBSOCKET_TTL_EXPIRATION'
  | 'CUSTOMAUTH_TTL_EXPIRATION';
