import { arn, type Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { ProducerLimits } from '../../kafka/producer/producer.ts';
import type { Collection, Store } from '../../state/store.ts';
import { TopicTrie } from '../broker/topic-trie.ts';
import type { Publication, PublicationSink } from '../publication.ts';
import { invalid, type SharedServices } from './actions/action.ts';
import { CompiledRule } from './compiled-rule.ts';
import { TopicRuleDestinations } from './destinations.ts';
import { ruleExternals } from './externals.ts';
import { IngestedMessage } from './ingested-message.ts';
import type { RuleLogEntry, RulesPorts } from './ports.ts';
import { KafkaProducerPool } from './producer-pool.ts';
import { SecretCache } from './secret-cache.ts';
import { newCounters, type RuleCounters, type StoredRule, type TopicRulePayload } from './topic-rule.ts';

export interface RulesEngineOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly account: Account;
  readonly ports: RulesPorts;
  readonly log?: (entry: RuleLogEntry) => void;
  /** Ports that a kafka action's servers may have; AWS takes 9000 to 9100. */
  readonly kafkaPorts?: { readonly from: number; readonly to: number };
  readonly producerLimits?: Partial<ProducerLimits>;
}

const BASIC_INGEST = '$aws/rules/';
/** API reference, CreateTopicRule. */
const RULE_NAME = /^[a-zA-Z0-9_]{1,128}$/;
const MOST_RULES = 1000;

/** IoT Core's rules: kept, matched against publications, run. */
export class RulesEngine implements PublicationSink {
  readonly destinations: TopicRuleDestinations;
  readonly #options: RulesEngineOptions;
  readonly #rules: Collection<StoredRule>;
  /** Enabled rules by name. */
  readonly #compiled = new Map<string, CompiledRule>();
  readonly #byFilter = new TopicTrie<CompiledRule>();
  readonly #counters = new Map<string, RuleCounters>();
  readonly #secrets: SecretCache;
  readonly #producers: KafkaProducerPool;
  readonly #services: SharedServices;
  readonly #matched: CompiledRule[] = [];
  #ruleNotFound = 0;

  constructor(options: RulesEngineOptions) {
    const { store, clock, account, ports } = options;
    this.#options = options;
    this.#rules = store.collection('iot/topic-rules');
    this.destinations = new TopicRuleDestinations(store, account, clock);
    this.#secrets = new SecretCache(clock);
    this.#producers = new KafkaProducerPool(clock, ports.kafka, options.producerLimits);
    this.#services = {
      requireDestination: (destinationArn) => this.destinations.require(destinationArn),
      kafkaPorts: options.kafkaPorts ?? { from: 9000, to: 9100 },
      producers: this.#producers,
    };
  }

  /**
   * Compiles the rules that earlier runs left in the store; call it once, when the ports are ready.
   *
   * @returns the rules that cannot run any more, with the reason: they stay as they are, but take no messages
   */
  load(): { readonly ruleName: string; readonly reason: string }[] {
    const broken: { ruleName: string; reason: string }[] = [];
    for (const rule of this.#rules.values()) {
      try {
        this.#enact(rule);
      } catch (error) {
        broken.push({ ruleName: rule.ruleName, reason: (error as Error).message });
      }
    }
    return broken;
  }

  ingest(publication: Publication): Promise<void> | undefined {
    const { topic } = publication;
    if (topic.startsWith(BASIC_INGEST)) return this.#ingestBasic(publication);
    const matched = this.#matched;
    this.#byFilter.match(topic, this.#collect);
    if (matched.length === 0) return undefined;
    const message = new IngestedMessage(publication, topic, this.#options.account.accountId);
    if (matched.length === 1) return matched.pop()!.run(message);
    // An action may publish at once, and so come here again, before the list has been gone through.
    const rules = matched.splice(0);
    const running = rules.map((rule) => rule.run(message)).filter((run) => run !== undefined);
    return running.length === 0 ? undefined : Promise.all(running).then(() => undefined);
  }

  readonly #collect = (rule: CompiledRule): void => {
    this.#matched.push(rule);
  };

  /** The rule named by the topic runs whatever its FROM clause says (Developer Guide, "Basic Ingest"). */
  #ingestBasic(publication: Publication): Promise<void> | undefined {
    const { topic, source } = publication;
    const end = topic.indexOf('/', BASIC_INGEST.length);
    const ruleName = topic.slice(BASIC_INGEST.length, end === -1 ? topic.length : end);
    const rest = end === -1 ? '' : topic.slice(end + 1);
    const message = new IngestedMessage(publication, rest, this.#options.account.accountId);
    const rule = this.#compiled.get(ruleName);
    if (rule) return rule.run(message);
    this.#ruleNotFound += 1;
    const about = {
      topicName: rest,
      clientId: source.clientId,
      principalId: source.principal,
      sourceIp: source.sourceIp,
    };
    const reason = this.#rules.has(ruleName) ? 'is disabled' : 'does not exist';
    const details = `Basic Ingest names rule "${ruleName}", which ${reason}.`;
    const traceId = message.logTraceId;
    this.#options.log?.({
      eventType: 'RuleNotFound',
      status: 'Failure',
      logLevel: 'ERROR',
      ruleName,
      ...about,
      traceId,
      details,
    });
    return undefined;
  }

  arnOf(ruleName: string): string {
    return arn(this.#options.account, 'iot', `rule/${ruleName}`);
  }

  /** @throws AwsError InvalidRequestException, SqlParseException, ResourceAlreadyExistsException, LimitExceededException */
  createRule(ruleName: string, payload: TopicRulePayload): StoredRule {
    if (!RULE_NAME.test(ruleName))
      throw invalid(`"${ruleName}" is not a rule name: 1 to 128 letters, digits and underscores.`);
    if (this.#rules.has(ruleName)) {
      throw new AwsError('ResourceAlreadyExistsException', `Rule with name ${ruleName} already exists`, 409);
    }
    if (this.#rules.size >= MOST_RULES)
      throw new AwsError('LimitExceededException', `An account has at most ${MOST_RULES} rules.`, 410);
    return this.#put({ ...checkPayload(payload), ruleName, createdAt: this.#options.clock.now() });
  }

  /** @throws AwsError as `createRule`, and UnauthorizedException when there is no such rule */
  replaceRule(ruleName: string, payload: TopicRulePayload): StoredRule {
    const { createdAt } = this.getRule(ruleName);
    return this.#put({ ...checkPayload(payload), ruleName, createdAt });
  }

  /** @throws AwsError UnauthorizedException: IoT does not tell a rule that is missing from one that may not be seen */
  getRule(ruleName: string): StoredRule {
    const rule = this.#rules.get(ruleName);
    if (!rule) throw new AwsError('UnauthorizedException', `Access to topic rule '${ruleName}' was denied`, 401);
    return rule;
  }

  hasRule(ruleName: string): boolean {
    return this.#rules.has(ruleName);
  }

  listRules(): StoredRule[] {
    return [...this.#rules.values()];
  }

  /** The topic filter of a rule's FROM clause; undefined for a rule that has none or is not running. */
  topicFilterOf(ruleName: string): string | undefined {
    return this.#compiled.get(ruleName)?.topicFilter;
  }

  deleteRule(ruleName: string): void {
    this.getRule(ruleName);
    this.#retire(ruleName);
    this.#counters.delete(ruleName);
    this.#rules.delete(ruleName);
  }

  enableRule(ruleName: string): void {
    this.#put({ ...this.getRule(ruleName), ruleDisabled: false });
  }

  disableRule(ruleName: string): void {
    this.#put({ ...this.getRule(ruleName), ruleDisabled: true });
  }

  #put(rule: StoredRule): StoredRule {
    this.#enact(rule);
    this.#rules.set(rule.ruleName, rule);
    return rule;
  }

  /** Compiles first, so that a payload that is refused leaves the rule that runs as it is. */
  #enact(rule: StoredRule): void {
    const { account, clock, ports, log } = this.#options;
    const { ruleName } = rule;
    const ruleArn = this.arnOf(ruleName);
    const counters = this.#counters.get(ruleName) ?? newCounters();
    const externals = ruleExternals({ account, ports, secrets: this.#secrets, ruleArn });
    const context = { ruleName, ruleArn, account, clock, ports, services: this.#services };
    const compiled = new CompiledRule(rule, context, { externals, counters, log: log ?? (() => undefined) });
    this.#retire(ruleName);
    this.#counters.set(ruleName, counters);
    if (rule.ruleDisabled) return;
    this.#compiled.set(ruleName, compiled);
    if (compiled.topicFilter !== undefined) this.#byFilter.add(compiled.topicFilter, compiled);
  }

  #retire(ruleName: string): void {
    const compiled = this.#compiled.get(ruleName);
    if (!compiled) return;
    this.#compiled.delete(ruleName);
    if (compiled.topicFilter !== undefined) this.#byFilter.remove(compiled.topicFilter, compiled);
  }

  /** Since the twin started; by rule name. */
  counters(): { readonly rules: ReadonlyMap<string, Readonly<RuleCounters>>; readonly ruleNotFound: number } {
    return { rules: this.#counters, ruleNotFound: this.#ruleNotFound };
  }

  /** Closes connections to Kafka; records that have not got there fail. */
  async close(): Promise<void> {
    await this.#producers.close();
  }
}

function checkPayload(payload: TopicRulePayload): TopicRulePayload {
  if (typeof payload?.sql !== 'string' || payload.sql.trim() === '') throw invalid('A rule needs an SQL statement.');
  if (!Array.isArray(payload.actions)) throw invalid('A rule needs a list of actions.');
  const { sql, actions, errorAction, awsIotSqlVersion, description, ruleDisabled } = payload;
  return { sql, actions, errorAction, awsIotSqlVersion, description, ruleDisabled: ruleDisabled === true };
}
