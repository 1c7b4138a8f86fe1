import type { Publication } from '../publication.ts';

/** The policy actions that the broker asks about (developer guide, "AWS IoT Core policy actions"). */
export type BrokerAction = 'iot:Publish' | 'iot:RetainPublish' | 'iot:Subscribe' | 'iot:Receive' | DeviceApiAction;

/** Policy actions of what a device can ask over HTTPS besides publishing. */
export type DeviceApiAction =
  | 'iot:GetThingShadow'
  | 'iot:UpdateThingShadow'
  | 'iot:DeleteThingShadow'
  | 'iot:ListNamedShadowsForThing'
  | 'iotjobsdata:GetPendingJobExecutions'
  | 'iotjobsdata:StartNextPendingJobExecution'
  | 'iotjobsdata:DescribeJobExecution'
  | 'iotjobsdata:UpdateJobExecution';

export interface ClientCertificate {
  /** AWS's certificate id: the SHA-256 of the DER form in lower-case hexadecimal. */
  readonly certificateId: string;
  readonly der: Buffer;
  readonly pem: string;
}

/** The HTTP request that opened a WebSocket or carries an HTTPS publish; custom authorizers read it. */
export interface HttpContext {
  readonly headers: Readonly<Record<string, string>>;
  /** Without the question mark, as received. */
  readonly queryString: string;
}

/** Who signed a WebSocket URL or an HTTPS request; present only after the signature was checked. */
export interface VerifiedSignature {
  readonly accessKeyId: string;
  readonly principal: string;
}

export interface ConnectRequest {
  readonly transport: 'tls' | 'websocket' | 'https';
  /** MQTT protocol level; absent for an HTTPS publish. */
  readonly protocolVersion?: 4 | 5;
  readonly clientId: string;
  readonly certificate?: ClientCertificate;
  readonly signature?: VerifiedSignature;
  readonly username?: string;
  readonly password?: Buffer;
  readonly http?: HttpContext;
  /** Stands for the HTTP connection of an HTTPS publish: one object as long as the connection lives. */
  readonly httpConnection?: object;
  /** From the TLS client hello (SNI). */
  readonly serverName?: string;
  readonly sourceIp: string;
  readonly sourcePort: number;
  readonly cleanStart: boolean;
  /** The client asks for a session that outlives the connection: `iot:connectAttributes` PersistentConnect. */
  readonly persistent: boolean;
  /** `iot:connectAttributes` LastWill, and the topic that the client must be allowed to publish to. */
  readonly lastWill?: { readonly topic: string; readonly retain: boolean };
}

/** What a client that was let in may do. One object lives as long as its connection. */
export interface Admission {
  /** Certificate id, `<role id>:<session>`, or a custom authorizer's principal id. */
  readonly principal: string;
  /** In lifecycle events only; set it for a certificate attached with EXCLUSIVE_THING. */
  readonly exclusiveThingName?: string;
  readonly thingName?: string;
  /** Milliseconds since the epoch: a custom authorizer's DisconnectAfterInSeconds. */
  readonly expiresAt?: number;
  /** Propagating thing attributes: user properties that IoT Core adds to every message of this thing. */
  readonly propagatedUserProperties?: readonly (readonly [key: string, value: string])[];
  /** Asked for every message, so it must be fast. `resource` is the bare topic or topic filter, not an ARN. */
  authorize(action: BrokerAction, resource: string): boolean;
  /** Why `authorize` said no, for the log: policy, action and the resource that did not match. */
  explain?(action: BrokerAction, resource: string): string;
  /**
   * Called once the connection is open. Whoever let the client in may end it later: `end` disconnects it.
   *
   * @returns what is called when the connection has ended
   */
  watch?(end: (details: string) => void): () => void;
}

export type RefusalReason = 'NOT_AUTHORIZED' | 'BAD_CREDENTIALS' | 'SERVER_UNAVAILABLE' | 'CLIENT_ID_INVALID';

export interface Refusal {
  readonly refused: RefusalReason;
  /** For the log, never for the client. */
  readonly detail: string;
}

/** Decides who comes in: certificates and their policies, signatures, custom authorizers. */
export interface Gatekeeper {
  admit(request: ConnectRequest): Promise<Admission | Refusal>;
}

export interface ReservedRequester {
  readonly clientId: string;
  readonly principal: string;
  readonly thingName?: string;
  readonly protocol: 'mqtt' | 'http';
}

export interface ReservedReply {
  readonly topic: string;
  readonly payload: Buffer;
  /** Provisioning, jobs and commands answer the requester alone, past the broker; shadows answer all subscribers. */
  readonly to?: 'requester' | 'subscribers';
}

/** The services behind `$aws/things/…`, `$aws/certificates/…`, `$aws/provisioning-templates/…`, `$aws/commands/…`. */
export interface ReservedTopics {
  /** `'not reserved'`: treat as an ordinary topic. `'unsupported'`: the client is disconnected, as AWS may do. */
  handle(
    publication: Publication,
    requester: ReservedRequester,
  ): Promise<readonly ReservedReply[] | 'not reserved' | 'unsupported'>;
}

/** An HTTPS request of a device that is not a publish. */
export interface DeviceApiRequest {
  readonly method: string;
  /** As received, percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly payload: Buffer;
  /** `resource` is without the ARN's beginning: `<thing>` or `<thing>/<shadow>`. */
  authorize(action: DeviceApiAction, resource: string): boolean;
}

export interface DeviceApiResponse {
  readonly statusCode: number;
  /** Name of the exception, where it is one. */
  readonly errorType?: string;
  /** An object is written as JSON. */
  readonly body: Buffer | object;
}

/** The HTTPS APIs of services beside the broker, on the broker's port and under its authentication. */
export interface DeviceApi {
  /** Whether a path is one of its own; asked before anybody is authenticated. */
  serves(path: string): boolean;
  handle(request: DeviceApiRequest): Promise<DeviceApiResponse>;
}

/** One entry of AWS IoT logging (developer guide, "AWS IoT log entries"), before its time stamp and account are added. */
export interface BrokerLogEntry {
  readonly logLevel: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  readonly eventType: 'Connect' | 'Disconnect' | 'Publish-In' | 'Publish-Out' | 'Queued' | 'Subscribe' | 'Unsubscribe';
  readonly status: 'Success' | 'Failure';
  readonly protocol: 'MQTT' | 'HTTP';
  readonly clientId?: string;
  readonly principalId?: string;
  readonly sourceIp?: string;
  readonly sourcePort?: number;
  readonly topicName?: string;
  readonly disconnectReason?: string;
  /** e.g. `AUTHORIZATION_FAILED`, `THROTTLED` */
  readonly reason?: string;
  readonly details?: string;
}

export interface BrokerLog {
  /** Asked before an entry is built, so that logging costs nothing where it is off. */
  enabled(level: BrokerLogEntry['logLevel']): boolean;
  write(entry: BrokerLogEntry): void;
}

/** An access key that signed a request. */
export interface SigningCredential {
  /** Absent for a key whose signature cannot be checked and is taken as it is. */
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** Milliseconds since the epoch. */
  readonly expiration?: number;
  readonly principal: string;
}

/** Finds what is known of an access key that signed a WebSocket URL or an HTTPS request. */
export interface SigningCredentials {
  lookup(accessKeyId: string): Promise<SigningCredential | undefined>;
}
