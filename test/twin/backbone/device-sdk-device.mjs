/**
 * A device made with AWS's own device SDK (the CRT client), in a process of its own because it is native code. It
 * provisions by claim, by new keys or by a signing request, connects again with its own certificate and publishes.
 *
 * Usage: node device-sdk-device.mjs '{"host","port","ca","template","certificate","privateKey","thing","csr"?}'
 */
import { iot, iotidentity, mqtt } from 'aws-iot-device-sdk-v2';

const options = JSON.parse(process.argv[2]);

async function connect(clientId, certificate, privateKey) {
  const config = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder(certificate, privateKey)
    .with_certificate_authority(options.ca)
    .with_endpoint(options.host)
    .with_port(options.port)
    .with_client_id(clientId)
    .with_clean_session(true)
    .build();
  const connection = new mqtt.MqttClient().new_connection(config);
  await connection.connect();
  return connection;
}

/** Subscribes to the two answers of a request, sends it, and waits for one of them. */
function ask(subscribeAccepted, subscribeRejected, publish) {
  return new Promise((resolve, reject) => {
    const answered = (error, response) => (error ? reject(error) : resolve(response));
    const refused = (error, response) => reject(error ?? new Error(`${response.errorCode}: ${response.errorMessage}`));
    Promise.all([subscribeAccepted(answered), subscribeRejected(refused)])
      .then(publish)
      .catch(reject);
  });
}

const QOS = mqtt.QoS.AtLeastOnce;
const claim = await connect(`claim-${options.thing}`, options.certificate, options.privateKey);
const identity = new iotidentity.IotIdentityClient(claim);
const made = options.csr
  ? await ask(
      (done) => identity.subscribeToCreateCertificateFromCsrAccepted({}, QOS, done),
      (done) => identity.subscribeToCreateCertificateFromCsrRejected({}, QOS, done),
      () => identity.publishCreateCertificateFromCsr({ certificateSigningRequest: options.csr }, QOS),
    )
  : await ask(
      (done) => identity.subscribeToCreateKeysAndCertificateAccepted({}, QOS, done),
      (done) => identity.subscribeToCreateKeysAndCertificateRejected({}, QOS, done),
      () => identity.publishCreateKeysAndCertificate({}, QOS),
    );
const topic = { templateName: options.template };
const registered = await ask(
  (done) => identity.subscribeToRegisterThingAccepted(topic, QOS, done),
  (done) => identity.subscribeToRegisterThingRejected(topic, QOS, done),
  () =>
    identity.publishRegisterThing(
      {
        ...topic,
        certificateOwnershipToken: made.certificateOwnershipToken,
        parameters: { ThingName: options.thing, SerialNumber: `TCU-${options.thing}` },
      },
      QOS,
    ),
);
await claim.disconnect();

const device = await connect(options.thing, made.certificatePem, made.privateKey ?? options.csrKey);
await device.publish(
  `$aws/rules/telemetry/dt/vehicle/${options.thing}/telemetry`,
  JSON.stringify({ from: 'the device SDK' }),
  QOS,
);
await device.disconnect();
console.log(JSON.stringify({ thingName: registered.thingName, configuration: registered.deviceConfiguration }));
process.exit(0);
