/**
 * Runs inside a worker thread: one Lambda execution environment. It loads the handler once and then answers one
 * invocation after another, as the Node.js runtime of Lambda does.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, Module, registerHooks } from 'node:module';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

import type { EnvironmentData, FromEnvironment, ToEnvironment } from './worker-protocol.ts';

type Handler = (event: unknown, context: object, callback: (error: unknown, result?: unknown) => void) => unknown;

const data = workerData as EnvironmentData;
const port = parentPort!;
const twinRequire = createRequire(import.meta.url);

/** The runtime brings the AWS SDK along; here it comes from the twin's own packages. */
function bringAwsSdk(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      try {
        return nextResolve(specifier, context);
      } catch (error) {
        if (!/^@(aws-sdk|smithy)\//.test(specifier)) throw error;
        const path = twinRequire.resolve(specifier);
        // `require` takes paths, `import` URLs.
        return nextResolve(context.conditions?.includes('require') ? path : pathToFileURL(path).href, context);
      }
    },
  });
}

interface CommonJsModule {
  _compile(source: string, filename: string, format?: 'commonjs'): unknown;
}

/**
 * In `/var/task` a `.js` file without a `package.json` beside it is CommonJS, whatever the project that the folder
 * happens to lie in says on a laptop.
 */
function readJsAsCommonJs(taskRoot: string): void {
  if (existsSync(join(taskRoot, 'package.json'))) return;
  const extensions = (
    Module as unknown as { _extensions: Record<string, (module: CommonJsModule, path: string) => void> }
  )._extensions;
  const byPackageType = extensions['.js']!;
  extensions['.js'] = (module, path) => {
    if (!path.startsWith(taskRoot + sep) || path.includes(`${sep}node_modules${sep}`))
      return byPackageType(module, path);
    module._compile(readFileSync(path, 'utf8'), path, 'commonjs');
  };
}

async function loadModule(file: string): Promise<Record<string, unknown>> {
  if (file.endsWith('.js') && !existsSync(join(data.codeFolder, 'package.json'))) {
    return createRequire(file)(file) as Record<string, unknown>;
  }
  return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
}

function describeError(error: unknown): { errorType: string; errorMessage: string; trace: string[] } {
  if (error instanceof Error) {
    return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

async function loadHandler(): Promise<Handler> {
  const dot = data.handler.lastIndexOf('.');
  const stem = join(data.codeFolder, data.handler.slice(0, dot));
  const file = ['.mjs', '.js', '.cjs'].map((extension) => stem + extension).find((path) => existsSync(path));
  if (!file) throw new Error(`Cannot find module '${data.handler.slice(0, dot)}' in ${data.codeFolder}`);
  const loaded = await loadModule(file);
  const exportName = data.handler.slice(dot + 1);
  const fallback = loaded['default'] as Record<string, unknown> | undefined;
  const handler = loaded[exportName] ?? fallback?.[exportName];
  if (typeof handler !== 'function') throw new Error(`${data.handler} is undefined or not exported`);
  return handler as Handler;
}

function call(handler: Handler, event: unknown, context: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const callback = (error: unknown, result?: unknown): void => (error ? reject(error) : resolve(result));
    const returned = handler(event, context, callback);
    // A handler that takes a callback may return nothing; any other answers by what it returns.
    if (returned instanceof Promise) returned.then(resolve, reject);
    else if (handler.length < 3) resolve(returned);
  });
}

const isCustomResourceRequest = (event: unknown): boolean =>
  typeof event === 'object' && event !== null && 'ResponseURL' in event;

/** Loaded only here: most functions never see a custom resource, and `node:https` takes 20 ms of their start. */
async function routeResponses(): Promise<void> {
  const { routeCustomResourceResponses } = await import('../cloudformation/response-route.ts');
  routeCustomResourceResponses();
}

const send = (message: FromEnvironment): void => port.postMessage(message);

async function run(handler: Handler, message: ToEnvironment): Promise<void> {
  const deadline = Date.now() + data.timeoutSeconds * 1000;
  process.env['_X_AMZN_TRACE_ID'] = message.traceId;
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionName: data.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: data.functionArn,
    memoryLimitInMB: String(data.memoryMegabytes),
    awsRequestId: message.requestId,
    logGroupName: `/aws/lambda/${data.functionName}`,
    logStreamName: data.logStreamName,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  try {
    const event: unknown = JSON.parse(message.event);
    if (isCustomResourceRequest(event)) await routeResponses();
    const result = await call(handler, event, context);
    send({ kind: 'result', requestId: message.requestId, payload: JSON.stringify(result ?? null) });
  } catch (error) {
    const payload = JSON.stringify(describeError(error));
    // As the runtime writes it to the function's log.
    console.error(`${new Date().toISOString()}\t${message.requestId}\tERROR\tInvoke Error \t${payload}`);
    send({ kind: 'error', requestId: message.requestId, payload });
  }
}

bringAwsSdk();
readJsAsCommonJs(data.codeFolder);
const started = performance.now();
try {
  const handler = await loadHandler();
  port.on('message', (message: ToEnvironment) => void run(handler, message));
  send({ kind: 'ready', initMilliseconds: performance.now() - started });
} catch (error) {
  // Stays until it is ended from outside: an exit could overtake the message.
  port.on('message', () => undefined);
  send({ kind: 'init-error', payload: JSON.stringify(describeError(error)) });
}
