import type { Account } from '../../account.ts';
import type { Clock, ScheduledCall } from '../../clock.ts';
import type { Admission, BrokerAction, ConnectRequest, Refusal } from '../broker/ports.ts';
import { connectFacts, refuseConnect } from '../connect-decision.ts';
import { Authorizer } from '../policy/index.ts';
import type { Verdict } from './verdict.ts';

/** Asks the authorizer's function again, with what the client sent when it connected. */
export type AskAgain = () => Promise<Verdict | Refusal>;

/**
 * A client that an authorizer let in. Its policies hold until they are to be refreshed; a refresh that fails, or no
 * longer authenticates the client, ends the connection ("If failures occur during custom authentication, AWS IoT Core
 * terminates the connection"). The end of the connection is set once and no refresh moves it.
 */
export class CustomAdmission implements Admission {
  readonly principal: string;
  readonly expiresAt: number;
  readonly #request: ConnectRequest;
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #askAgain: AskAgain;
  #verdict: Verdict;
  #authorizer: Authorizer;

  constructor(request: ConnectRequest, verdict: Verdict, account: Account, clock: Clock, askAgain: AskAgain) {
    this.principal = verdict.principalId;
    this.expiresAt = clock.now() + verdict.disconnectAfterSeconds * 1000;
    this.#request = request;
    this.#account = account;
    this.#clock = clock;
    this.#askAgain = askAgain;
    this.#verdict = verdict;
    this.#authorizer = this.#authorizerOf(verdict);
  }

  refuseConnect(): Refusal | undefined {
    return refuseConnect(this.#authorizer, this.#request);
  }

  authorize(action: BrokerAction, resource: string): boolean {
    return this.#authorizer.isAllowed(action, resource);
  }

  explain(action: BrokerAction, resource: string): string {
    return this.#authorizer.decide(action, resource).because;
  }

  watch(end: (details: string) => void): () => void {
    let timer: ScheduledCall | undefined;
    let watching = true;
    const schedule = (): void => {
      const { refreshAfterSeconds } = this.#verdict;
      if (refreshAfterSeconds !== undefined) timer = this.#clock.schedule(refreshAfterSeconds * 1000, refresh);
    };
    const refresh = (): void =>
      void this.#askAgain().then((answer) => {
        if (!watching) return;
        if ('refused' in answer) {
          end(answer.detail);
          return;
        }
        this.#verdict = answer;
        this.#authorizer = this.#authorizerOf(answer);
        schedule();
      });
    schedule();
    return () => {
      watching = false;
      timer?.cancel();
    };
  }

  #authorizerOf({ policies }: Verdict): Authorizer {
    // Whoever an authorizer let in is no thing of the registry: thing policy variables have no value.
    return new Authorizer(policies, { ...connectFacts(this.#request), isAttached: false }, this.#account);
  }
}
