import type { Clock } from '../../clock.ts';
import type { LambdaInvoker } from '../../lambda/invoker.ts';
import type { Admission, ConnectRequest, Refusal } from '../broker/ports.ts';
import { askLambda, LambdaQuestionFailed } from '../lambda-question.ts';
import type { Authorizer } from '../registry/account-definitions.ts';
import type { Definition } from '../registry/definitions.ts';
import type { Registry } from '../registry/registry.ts';
import { CachedVerdicts } from './cached-verdicts.ts';
import { PassedCredentials } from './credentials.ts';
import { CustomAdmission } from './custom-admission.ts';
import type { EndpointAuthentication } from './domains.ts';
import { authorizerEvent, type AuthorizerEvent, type CheckedToken } from './event.ts';
import { isSignedBy } from './token-signature.ts';
import { readVerdict, UnusableVerdict, type Verdict } from './verdict.ts';

export interface CustomAuthorizersOptions {
  readonly registry: Registry;
  readonly lambda: LambdaInvoker;
  readonly clock: Clock;
}

const notAuthorized = (detail: string): Refusal => ({ refused: 'NOT_AUTHORIZED', detail });

/** Custom authentication: finds a client's authorizer, checks the token's signature, asks the function, keeps its word. */
export class CustomAuthorizers {
  readonly #options: CustomAuthorizersOptions;
  readonly #cached: CachedVerdicts;

  constructor(options: CustomAuthorizersOptions) {
    this.#options = options;
    this.#cached = new CachedVerdicts(options.clock);
  }

  /** @returns undefined when the client names no authorizer and the endpoint has no default one */
  async admit(request: ConnectRequest, endpoint: EndpointAuthentication): Promise<Admission | Refusal | undefined> {
    const passed = new PassedCredentials(request);
    const name = (endpoint.mayName ? passed.authorizerName : undefined) ?? endpoint.defaultAuthorizerName;
    if (name === undefined) return undefined;
    const withCertificate = endpoint.authenticationType === 'CUSTOM_AUTH_X509';
    const ask = (): Promise<Verdict | Refusal> => this.#ask(name, passed, request, withCertificate);
    const verdict = await this.#cached.verdict(name, request, this.#isCaching(name), ask);
    if ('refused' in verdict) return verdict;
    const { registry, clock } = this.#options;
    const admission = new CustomAdmission(request, verdict, registry.account, clock, ask);
    return admission.refuseConnect() ?? admission;
  }

  /**
   * Invokes an authorizer's function, whatever the authorizer's status.
   *
   * @returns undefined when the function says that the client is not authenticated
   * @throws LambdaQuestionFailed, UnusableVerdict
   */
  async invoke({ arn, value }: Definition<Authorizer>, event: AuthorizerEvent): Promise<Verdict | undefined> {
    const { lambda, clock } = this.#options;
    const question = { functionArn: value.authorizerFunctionArn, sourceArn: arn, event };
    return readVerdict(await askLambda(question, lambda, clock));
  }

  /** Checks the token that was passed, as the authorizer wants it checked; a sentence says what is wrong with it. */
  checkToken({ value }: Definition<Authorizer>, passed: Pick<PassedCredentials, 'get' | 'tokenSignature'>) {
    const { tokenKeyName, tokenSigningPublicKeys = {}, signingDisabled } = value;
    const token = tokenKeyName === undefined ? undefined : passed.get(tokenKeyName);
    if (signingDisabled) return { ...(token !== undefined && { token }), signatureVerified: false };
    if (token === undefined) return `the client passed no token under the name ${tokenKeyName}`;
    if (passed.tokenSignature === undefined) return 'the client passed no x-amz-customauthorizer-signature';
    if (!isSignedBy(tokenSigningPublicKeys, token, passed.tokenSignature))
      return "the token's signature matches none of the authorizer's public keys";
    return { token, signatureVerified: true } satisfies CheckedToken;
  }

  #isCaching(name: string): boolean {
    return this.#options.registry.definitions.authorizers.get(name)?.value.enableCachingForHttp ?? false;
  }

  async #ask(
    name: string,
    passed: PassedCredentials,
    request: ConnectRequest,
    withCertificate: boolean,
  ): Promise<Verdict | Refusal> {
    const authorizer = this.#options.registry.definitions.authorizers.get(name);
    if (!authorizer) return notAuthorized(`there is no authorizer ${name}`);
    if (authorizer.value.status !== 'ACTIVE') return notAuthorized(`the authorizer ${name} is not ACTIVE`);
    const checked = this.checkToken(authorizer, passed);
    if (typeof checked === 'string') return notAuthorized(`authorizer ${name}: ${checked}`);
    try {
      const verdict = await this.invoke(authorizer, authorizerEvent(request, checked, withCertificate));
      return verdict ?? notAuthorized(`the authorizer ${name} did not authenticate the client`);
    } catch (error) {
      if (error instanceof LambdaQuestionFailed)
        return notAuthorized(`the function ${authorizer.value.authorizerFunctionArn} ${error.message}`);
      if (error instanceof UnusableVerdict)
        return notAuthorized(`the answer of the authorizer ${name} is of no use: ${error.message}`);
      throw error;
    }
  }
}
