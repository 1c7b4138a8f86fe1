import { join } from 'node:path';

import { connect, type MqttClient } from 'mqtt';

import { CONNECTION_LOST, type DeviceEvent } from '../contracts/event.ts';
import { TELEMETRY_TARGET_BYTES } from '../contracts/telemetry.ts';
import { lastWillTopic, parseCommandRequestTopic, uplinkTopics } from '../contracts/topics.ts';
import { reconnectDelay } from './backoff.ts';
import { CommandExecutor } from './command-executor.ts';
import { drive, parkedVehicle, type DrivingState } from './drive-cycle.ts';
import { FileJournal } from './execution-journal.ts';
import { DeviceStorage, type Identity } from './identity.ts';
import { provisionByClaim, ProvisioningRefused, type Claim, type FrontDoor } from './provisioning.ts';
import { seededRandom, type Random } from './random.ts';
import { sampleOf, TelemetryCollector } from './telemetry-batch.ts';
import { newBody, vehicleCommands } from './vehicle-commands.ts';

export interface VehicleOptions {
  readonly thing: string;
  readonly frontDoor: FrontDoor;
  readonly claim: Claim;
  /** Folder in which each device has a folder of its own. */
  readonly storageRoot: string;
  readonly seed: string;
  /** Milliseconds between two samples. */
  readonly sampleEveryMs: number;
  /** Milliseconds after which a batch is sent though it is not full. */
  readonly reportEveryMs: number;
  readonly observer: VehicleObserver;
}

/** What a fleet wants to know of its vehicles. */
export interface VehicleObserver {
  connected(thing: string): void;
  disconnected(thing: string): void;
  provisioned(thing: string): void;
  /** A telemetry batch was acknowledged. */
  reported(thing: string): void;
  answered(thing: string, status: string): void;
  trouble(thing: string, what: string): void;
}

const KEEP_ALIVE_SECONDS = 60;
const LAST_ACKNOWLEDGEMENTS_MS = 2_000;
const MUNICH = { latitude: 48.137, longitude: 11.575 };
/** Batches that wait for a connection; then the oldest are given up, as a vehicle's flash is finite too. */
const LONGEST_BACKLOG = 500;
/** Sequence numbers are reserved on disk this many at a time. */
const SEQUENCE_BLOCK = 100;

/** One simulated vehicle: it provisions once, drives, reports and obeys, and comes back whenever it can. */
export class Vehicle {
  readonly thing: string;
  readonly #options: VehicleOptions;
  readonly #random: Random;
  readonly #storage: DeviceStorage;
  readonly #collector: TelemetryCollector;
  readonly #executor: CommandExecutor;
  readonly #journal: FileJournal;
  readonly #timers = new Set<NodeJS.Timeout>();
  #state: DrivingState;
  #client: MqttClient | undefined;
  #attempt = 0;
  #sequence: number;
  #reserved: number;
  #lastReport = Date.now();
  #backlog = 0;
  #stopped = false;

  constructor(options: VehicleOptions) {
    this.thing = options.thing;
    this.#options = options;
    this.#random = seededRandom(`${options.seed}/${options.thing}`);
    this.#storage = new DeviceStorage(options.storageRoot, options.thing);
    this.#state = parkedVehicle(this.#random, MUNICH);
    this.#collector = new TelemetryCollector(TELEMETRY_TARGET_BYTES);
    this.#sequence = this.#reserved = this.#storage.nextSequence();
    this.#journal = new FileJournal(join(this.#storage.folder, 'commands.jsonl'), Date.now);
    this.#executor = new CommandExecutor({
      journal: this.#journal,
      handlers: vehicleCommands(newBody(), () => this.#state, Date.now),
      now: Date.now,
      answer: (commandId, answer) => {
        this.#publish(uplinkTopics.commandResponse(this.thing, commandId), JSON.stringify(answer));
        this.#options.observer.answered(this.thing, answer.status);
      },
    });
  }

  /** Resolves when the vehicle is connected for the first time; it keeps trying until then. */
  async start(): Promise<void> {
    const identity = await this.#ownIdentity();
    if (!identity) return;
    await new Promise<void>((resolve) => this.#connect(identity, resolve));
    this.#executor.recover(this.#journal.interrupted());
    const every = setInterval(() => this.#sample(), this.#options.sampleEveryMs);
    this.#timers.add(every);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#storage.reserveSequence(this.#sequence);
    const client = this.#client;
    if (!client) return;
    // What is under way may still be acknowledged; without a connection nothing will come.
    if (client.connected) {
      const acknowledged = client.endAsync(false).catch(() => undefined);
      await Promise.race([
        acknowledged,
        new Promise((resolve) => setTimeout(resolve, LAST_ACKNOWLEDGEMENTS_MS).unref()),
      ]);
    }
    client.end(true);
    client.stream.destroy();
  }

  async #ownIdentity(): Promise<Identity | undefined> {
    const { frontDoor, claim, observer } = this.#options;
    for (let attempt = 0; !this.#stopped; attempt++) {
      const known = this.#storage.identity();
      if (known) return known;
      try {
        const parameters = { ThingName: this.thing, SerialNumber: `TCU-${this.thing.slice(-6)}` };
        const identity = await provisionByClaim(frontDoor, claim, parameters);
        this.#storage.keepIdentity(identity);
        observer.provisioned(this.thing);
        return identity;
      } catch (error) {
        observer.trouble(this.thing, (error as Error).message);
        if (error instanceof ProvisioningRefused && !error.retryable) throw error;
        await this.#pause(reconnectDelay(attempt, this.#random));
      }
    }
    return undefined;
  }

  #connect(identity: Identity, onFirst: () => void): void {
    const { frontDoor, observer } = this.#options;
    const will: DeviceEvent = { id: `will-${Date.now()}`, type: CONNECTION_LOST, at: Date.now() };
    const client = connect(frontDoor.url, {
      clientId: this.thing,
      ca: frontDoor.ca,
      cert: identity.certificatePem,
      key: identity.privateKeyPem,
      protocolVersion: 5,
      clean: true,
      keepalive: KEEP_ALIVE_SECONDS,
      // The library's own reconnection has a fixed period; ours backs off with jitter.
      reconnectPeriod: 0,
      will: {
        topic: lastWillTopic('vehicle', this.thing),
        payload: Buffer.from(JSON.stringify(will)),
        qos: 1,
        retain: false,
      },
    });
    this.#client = client;
    client.on('connect', () => {
      this.#attempt = 0;
      observer.connected(this.thing);
      onFirst();
    });
    client.on('error', (error) => observer.trouble(this.thing, error.message));
    client.on('close', () => {
      observer.disconnected(this.thing);
      if (!this.#stopped)
        void this.#pause(reconnectDelay(this.#attempt++, this.#random)).then(
          () => !this.#stopped && client.reconnect(),
        );
    });
    client.on('message', (topic, payload) => this.#receive(topic, payload));
  }

  #receive(topic: string, payload: Buffer): void {
    const request = parseCommandRequestTopic(topic);
    if (request?.thing !== this.thing) return;
    this.#executor
      .receive(request.commandId, payload)
      .catch((error: Error) => this.#options.observer.trouble(this.thing, error.message));
  }

  #sample(): void {
    const now = Date.now();
    this.#state = drive(this.#state, this.#options.sampleEveryMs / 1_000, this.#random);
    const sample = sampleOf(this.#state);
    if (!this.#collector.add(now, sample)) {
      this.#report();
      this.#collector.add(now, sample);
    }
    if (now - this.#lastReport >= this.#options.reportEveryMs) this.#report();
  }

  #report(): void {
    this.#lastReport = Date.now();
    if (this.#sequence >= this.#reserved)
      this.#storage.reserveSequence((this.#reserved = this.#sequence + SEQUENCE_BLOCK));
    const batch = this.#collector.take(this.#sequence++);
    if (!batch) return;
    if (this.#backlog >= LONGEST_BACKLOG)
      return this.#options.observer.trouble(
        this.thing,
        `batch ${batch.sequence} was given up: ${LONGEST_BACKLOG} are waiting for a connection`,
      );
    this.#backlog++;
    this.#publish(uplinkTopics.telemetry('vehicle', this.thing), JSON.stringify(batch), (acknowledged) => {
      this.#backlog--;
      if (acknowledged) this.#options.observer.reported(this.thing);
    });
  }

  /** At QoS 1: MQTT.js keeps it across reconnections until it is acknowledged. */
  #publish(topic: string, payload: string, done: (acknowledged: boolean) => void = () => undefined): void {
    this.#client?.publish(topic, payload, { qos: 1 }, (error) => {
      if (error && !this.#stopped) this.#options.observer.trouble(this.thing, error.message);
      done(!error);
    });
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, milliseconds);
      this.#timers.add(timer);
    });
  }
}
