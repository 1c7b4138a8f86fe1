import { invalid } from './action.ts';

/** The client properties that the action takes (Developer Guide, "Apache Kafka", "Client properties"). */
const ALLOWED: Readonly<Record<string, readonly string[] | undefined>> = {
  'bootstrap.servers': undefined,
  'security.protocol': ['SSL', 'SASL_SSL'],
  acks: ['-1', '0', '1', 'all'],
  'compression.type': ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  'key.serializer': ['org.apache.kafka.common.serialization.StringSerializer', 'StringSerializer'],
  'value.serializer': ['org.apache.kafka.common.serialization.ByteBufferSerializer', 'ByteBufferSerializer'],
  'sasl.mechanism': ['PLAIN', 'SCRAM-SHA-512', 'GSSAPI'],
  'sasl.plain.username': undefined,
  'sasl.plain.password': undefined,
  'sasl.scram.username': undefined,
  'sasl.scram.password': undefined,
  'ssl.truststore': undefined,
  'ssl.truststore.password': undefined,
  'ssl.keystore': undefined,
  'ssl.keystore.password': undefined,
  'ssl.key.password': undefined,
  'sasl.kerberos.keytab': undefined,
  'sasl.kerberos.service.name': undefined,
  'sasl.kerberos.krb5.kdc': undefined,
  'sasl.kerberos.krb5.realm': undefined,
  'sasl.kerberos.principal': undefined,
};

/**
 * Refuses what CreateTopicRule refuses. Values that are templates are only known when a message comes.
 *
 * @param ports the range that bootstrap servers may use: 9000 to 9100 on AWS
 * @throws AwsError InvalidRequestException naming the property
 */
export function checkClientProperties(
  properties: Readonly<Record<string, unknown>>,
  ports: { readonly from: number; readonly to: number },
): void {
  for (const [name, given] of Object.entries(properties)) {
    if (!Object.hasOwn(ALLOWED, name))
      throw invalid(`${name} is not a client property that the kafka action supports.`);
    const values = ALLOWED[name];
    const value = String(given);
    if (values && !value.includes('${') && !values.includes(value)) {
      throw invalid(`${value} is not a value of ${name}: it is one of ${values.join(', ')}.`);
    }
  }
  const need = (name: string): void => {
    if (!properties[name]) throw invalid(`The kafka action needs the client property ${name}.`);
  };
  need('bootstrap.servers');
  checkServers(String(properties['bootstrap.servers']), ports);
  if (properties['security.protocol'] === 'SASL_SSL') {
    need('sasl.mechanism');
    if (properties['sasl.mechanism'] === 'SCRAM-SHA-512') ['sasl.scram.username', 'sasl.scram.password'].forEach(need);
    if (properties['sasl.mechanism'] === 'PLAIN') ['sasl.plain.username', 'sasl.plain.password'].forEach(need);
    if (properties['sasl.mechanism'] === 'GSSAPI') {
      throw invalid('The twin does not run Kafka with Kerberos (sasl.mechanism GSSAPI).');
    }
  } else {
    ['ssl.keystore', 'ssl.keystore.password'].forEach(need);
  }
}

function checkServers(servers: string, ports: { readonly from: number; readonly to: number }): void {
  if (servers.includes('${')) return;
  for (const server of servers.split(',')) {
    const port = Number(/^.+:(\d+)$/.exec(server.trim())?.[1]);
    if (Number.isNaN(port)) throw invalid(`bootstrap.servers has "${server}", which is not host:port.`);
    if (port < ports.from || port > ports.to) {
      throw invalid(`bootstrap.servers has port ${port}; the kafka action takes ports ${ports.from} to ${ports.to}.`);
    }
  }
}
