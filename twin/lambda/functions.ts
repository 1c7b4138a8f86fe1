import { randomUUID } from 'node:crypto';

import { arn, type Account } from '../account.ts';
import type { Clock } from '../clock.ts';
import { AwsError } from '../endpoint/service.ts';
import type { Collection, Store } from '../state/store.ts';
import { AsynchronousEvents } from './asynchronous-events.ts';
import { functionNameOf, type AsyncConfiguration, type FunctionDefinition, type Permission } from './definition.ts';
import { ExecutionEnvironment } from './execution-environment.ts';
import type { Invocation, InvocationCaller, LambdaEventQueue, LambdaInvoker } from './invoker.ts';
import { permits } from './resource-policy.ts';

/** Keys that a function's role session signs its AWS calls with. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface FunctionsOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly store: Store;
  /** Where the functions' AWS SDKs are sent; asked at each start of an environment, since the port may not be open yet. */
  awsEndpoint(): string;
  issueCredentials(roleArn: string, sessionName: string): RoleCredentials;
  /** Delivers to an on-failure destination or dead-letter queue (an ARN). */
  deliver?(destinationArn: string, body: string): Promise<void>;
  log(functionName: string, line: string): void;
  /** Execution environments a function may have at once, when it reserves no concurrency of its own. */
  readonly concurrency?: number;
}

interface Waiting {
  readonly resolve: (environment: ExecutionEnvironment) => void;
  readonly reject: (error: unknown) => void;
}

interface Pool {
  readonly environments: Set<ExecutionEnvironment>;
  /** Those of `environments` that run nothing and are promised to nobody. */
  readonly idle: ExecutionEnvironment[];
  readonly waiting: Waiting[];
}

const DEFAULT_CONCURRENCY = 4;
const LONGEST_QUEUE = 1_000;

/**
 * The account's Lambda functions: their definitions, permissions and execution environments. Environments start at the
 * first call, are reused while they are warm, and are replaced when the definition changes.
 */
export class Functions implements LambdaInvoker, LambdaEventQueue {
  readonly #options: FunctionsOptions;
  readonly #definitions: Collection<FunctionDefinition>;
  readonly #permissions: Collection<Permission>;
  readonly #asynchronous: AsynchronousEvents;
  readonly #pools = new Map<string, Pool>();
  #closed = false;

  constructor(options: FunctionsOptions) {
    this.#options = options;
    this.#definitions = options.store.collection('lambda:functions');
    this.#permissions = options.store.collection('lambda:permissions');
    this.#asynchronous = new AsynchronousEvents({
      store: options.store,
      clock: options.clock,
      find: (name) => this.#definitions.get(name),
      execute: (definition, event, requestId) => this.#execute(definition, event, requestId),
      deliver: options.deliver?.bind(options),
      log: (name, line) => options.log(name, line),
    });
  }

  /** Takes up the asynchronous events that an earlier run left. Call once, when everything that functions use is up. */
  resume(): void {
    this.#asynchronous.resume();
  }

  define(definition: FunctionDefinition): void {
    this.#definitions.set(definition.name, definition);
    this.#retire(definition.name);
  }

  undefine(name: string): void {
    this.#definitions.delete(name);
    for (const [key, permission] of [...this.#permissions.entries()]) {
      if (permission.functionName === name) this.#permissions.delete(key);
    }
    this.#asynchronous.configure(name, undefined);
    this.#retire(name);
  }

  permit(permission: Permission): void {
    this.#permissions.set(`${permission.functionName}/${permission.statementId}`, permission);
  }

  forbid(functionName: string, statementId: string): void {
    this.#permissions.delete(`${functionName}/${statementId}`);
  }

  configureAsync(functionName: string, configuration: Partial<AsyncConfiguration> | undefined): void {
    this.#asynchronous.configure(functionName, configuration);
  }

  list(): FunctionDefinition[] {
    return [...this.#definitions.values()];
  }

  /** @throws AwsError ResourceNotFoundException */
  get(functionName: string): FunctionDefinition {
    const name = functionNameOf(functionName);
    const definition = this.#definitions.get(name);
    if (!definition) {
      throw new AwsError(
        'ResourceNotFoundException',
        `Function not found: ${arn(this.#options.account, 'lambda', `function:${name}`)}`,
        404,
      );
    }
    return definition;
  }

  permissionsOf(functionName: string): Permission[] {
    const name = functionNameOf(functionName);
    return [...this.#permissions.values()].filter((permission) => permission.functionName === name);
  }

  async invoke(functionName: string, event: unknown, caller?: InvocationCaller): Promise<Invocation> {
    return this.#execute(this.#admitted(functionName, caller), JSON.stringify(event), randomUUID());
  }

  async invokeAsync(functionName: string, event: unknown, caller?: InvocationCaller): Promise<void> {
    this.#asynchronous.add(this.#admitted(functionName, caller).name, event);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#asynchronous.close();
    for (const name of [...this.#pools.keys()]) this.#retire(name);
  }

  #admitted(functionName: string, caller: InvocationCaller | undefined): FunctionDefinition {
    const definition = this.get(functionName);
    if (caller && !permits(this.permissionsOf(definition.name), caller, this.#options.account.accountId)) {
      throw new AwsError(
        'AccessDeniedException',
        `${caller.service} is not authorized to perform: lambda:InvokeFunction on resource: ${definition.arn} because no resource-based policy of the function allows it${caller.sourceArn ? ` for ${caller.sourceArn}` : ''}`,
        403,
      );
    }
    return definition;
  }

  async #execute(definition: FunctionDefinition, event: string, requestId: string): Promise<Invocation> {
    if (!definition.runtime.startsWith('nodejs')) {
      throw new AwsError(
        'InvalidRuntimeException',
        `The twin runs Node.js functions; ${definition.name} has the runtime ${definition.runtime}.`,
        502,
      );
    }
    const environment = await this.#acquire(definition);
    try {
      return await environment.run(requestId, event);
    } finally {
      this.#release(definition.name, environment);
    }
  }

  async #acquire(definition: FunctionDefinition): Promise<ExecutionEnvironment> {
    let pool = this.#pools.get(definition.name);
    if (!pool) this.#pools.set(definition.name, (pool = { environments: new Set(), idle: [], waiting: [] }));
    for (let warm = pool.idle.pop(); warm; warm = pool.idle.pop()) {
      if (warm.alive) return warm;
      pool.environments.delete(warm);
    }
    const limit = definition.reservedConcurrency ?? this.#options.concurrency ?? DEFAULT_CONCURRENCY;
    if (limit === 0 || pool.waiting.length >= LONGEST_QUEUE) {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, {
        Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      });
    }
    if (pool.environments.size < limit) {
      const environment = this.#start(definition);
      pool.environments.add(environment);
      return environment;
    }
    return new Promise((resolve, reject) => pool.waiting.push({ resolve, reject }));
  }

  #release(name: string, environment: ExecutionEnvironment): void {
    const pool = this.#pools.get(name);
    if (!pool?.environments.has(environment)) return void environment.stop();
    const next = pool.waiting.shift();
    if (!environment.alive) {
      pool.environments.delete(environment);
      if (next) this.#acquire(this.get(name)).then(next.resolve, next.reject);
    } else if (next) {
      next.resolve(environment);
    } else {
      pool.idle.push(environment);
    }
  }

  #start(definition: FunctionDefinition): ExecutionEnvironment {
    const { account, awsEndpoint, issueCredentials, log } = this.#options;
    const credentials = issueCredentials(definition.roleArn, definition.name);
    return new ExecutionEnvironment({
      definition,
      onLogLine: (line) => log(definition.name, line),
      variables: {
        PATH: process.env['PATH'] ?? '',
        TZ: ':UTC',
        LANG: 'en_US.UTF-8',
        // After the function's own variables: in the twin no call may leave the machine.
        ...definition.environment,
        AWS_REGION: account.region,
        AWS_DEFAULT_REGION: account.region,
        AWS_ENDPOINT_URL: awsEndpoint(),
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_SESSION_TOKEN: credentials.sessionToken,
        AWS_EXECUTION_ENV: `AWS_Lambda_${definition.runtime}`,
        AWS_LAMBDA_FUNCTION_NAME: definition.name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMegabytes),
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        LAMBDA_TASK_ROOT: definition.codeFolder,
        _HANDLER: definition.handler,
      },
    });
  }

  /** Old environments finish what they run; nobody gets them again. */
  #retire(name: string): void {
    const pool = this.#pools.get(name);
    this.#pools.delete(name);
    for (const waiting of pool?.waiting ?? []) {
      if (this.#closed || !this.#definitions.has(name))
        waiting.reject(new AwsError('ResourceConflictException', `Function ${name} was replaced.`, 409));
      else this.#acquire(this.get(name)).then(waiting.resolve, waiting.reject);
    }
    const ending = this.#closed ? pool?.environments : pool?.idle;
    for (const environment of ending ?? []) void environment.stop();
  }
}
