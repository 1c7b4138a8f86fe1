/** Where one Kafka node keeps its files and listens. */
export interface NodeConfiguration {
  readonly logFolder: string;
  /** Address that clients are told; listeners bind to it too, unless `bindAddress` says otherwise. */
  readonly host: string;
  readonly bindAddress?: string;
  readonly ports: KafkaPorts;
  /** PEM file with the server's private key (PKCS #8) and its certificate chain. */
  readonly keystoreFile: string;
}

export interface KafkaPorts {
  /** For `kcat` and consoles: no TLS, no login. */
  readonly plaintext: number;
  /** SASL_SSL with SCRAM-SHA-512, MSK's port 9096. */
  readonly scram: number;
  /** Raft, between the controller and itself. */
  readonly controller: number;
}

/** MSK's own port numbers (MSK Developer Guide, "Port information"). */
export const DEFAULT_PORTS: KafkaPorts = { plaintext: 9092, scram: 9096, controller: 9093 };

/** One id for every twin: the data folder, not the cluster id, tells clusters apart. */
export const CLUSTER_ID = 'aW92LXR3aW4ta2Fma2EtMQ';

/** `server.properties` of a single KRaft node that is broker and controller. */
export function serverProperties(node: NodeConfiguration): string {
  const bind = node.bindAddress ?? node.host;
  const { plaintext, scram, controller } = node.ports;
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    listeners: `PLAINTEXT://${bind}:${plaintext},SASL_SSL://${bind}:${scram},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://${node.host}:${plaintext},SASL_SSL://${node.host}:${scram}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': node.keystoreFile,
    'log.dirs': node.logFolder,
    // MSK Express's default; a misspelt topic in a rule must fail here as it does there.
    'auto.create.topics.enable': false,
    // One node cannot replicate; the topics that Kafka keeps for itself are as small as they can be.
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    // A broker that crashed is admitted again when its old session has timed out: with Kafka's 9 s, so would every restart.
    'broker.heartbeat.interval.ms': 500,
    'broker.session.timeout.ms': 2000,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}\n`)
    .join('');
}

/** A backslash starts an escape in Java's properties format (Windows paths have them). */
function escapeProperty(value: string): string {
  return value.replaceAll('\\', '\\\\');
}

/** Kafka's log in one file that starts anew at 10 MB. */
export function loggingProperties(logFile: string): string {
  return `status = error
rootLogger.level = INFO
rootLogger.appenderRef.file.ref = file
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = ${escapeProperty(logFile)}
appender.file.filePattern = ${escapeProperty(logFile)}.1
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %p %c{1} %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 1
`;
}
