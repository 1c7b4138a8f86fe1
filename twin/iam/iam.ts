import { globalArn, type Account } from '../account.ts';
import type { Clock } from '../clock.ts';
import { AwsError, type Caller } from '../endpoint/service.ts';
import { contextOf, type RequestContext } from '../policy-language/context.ts';
import { conclude, judgeAll, statementMatches, type Decision } from '../policy-language/evaluate.ts';
import type { Store } from '../state/store.ts';
import { SessionCredentialStore, type SessionCredentials } from './credentials.ts';
import { GrantLedger, type Grant } from './grants.ts';
import { RoleRegistry, type AttachedPolicy, type Role } from './role-registry.ts';
import { trustOf, type AssumingPrincipal, type ConditionKeys } from './trust.ts';

export interface IamOptions {
  readonly store: Store;
  readonly account: Account;
  readonly clock: Clock;
}

export interface AuthorizationRequest {
  /** e.g. `dynamodb:PutItem` */
  readonly action: string;
  /** ARN, or `*` for actions that know no resource. */
  readonly resource: string;
  readonly conditionKeys?: ConditionKeys;
}

export interface AssumedRole {
  readonly credentials: SessionCredentials;
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>` */
  readonly arn: string;
  /** `<role id>:<session>` */
  readonly assumedRoleId: string;
}

const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const SHORTEST_SESSION_SECONDS = 900;

function accessDenied(caller: Caller, { action, resource }: AuthorizationRequest, reason: string): AwsError {
  const message = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;
  return new AwsError('AccessDeniedException', message, 403);
}

/**
 * Identity and access of the account: roles, their policies, the sessions that act for them, and what they may do. The
 * administrator may do anything.
 */
export class Iam {
  readonly roles: RoleRegistry;
  readonly sessions: SessionCredentialStore;
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #grants: GrantLedger;

  constructor({ store, account, clock }: IamOptions) {
    const now = (): number => clock.now();
    this.#account = account;
    this.#clock = clock;
    this.roles = new RoleRegistry(store, account, now);
    this.sessions = new SessionCredentialStore(store, account, now);
    this.#grants = new GrantLedger(store);
  }

  /**
   * Lets an allowed request pass and remembers the grants that it needed. A Deny wins; then the role's policies, and its
   * permissions boundary if it has one, must allow.
   *
   * @throws AwsError AccessDeniedException in AWS's words (IAM User Guide, "Troubleshoot access denied error messages")
   */
  authorize(caller: Caller, request: AuthorizationRequest): void {
    if (caller.kind === 'administrator') return;
    const role = this.roles.role(caller.roleName);
    if (!role)
      throw accessDenied(caller, request, `because no identity-based policy allows the ${request.action} action`);
    const context = this.#context(caller, role, request.conditionKeys);
    const policies = this.roles.policiesOf(role);
    const matching = policies.flatMap(({ policy, arn }) =>
      policy.statements
        .filter((statement) => statementMatches(statement, request, context))
        .map((statement) => ({ policy, arn, statement })),
    );
    const denied = matching.find(({ statement }) => statement.effect === 'Deny');
    if (denied) {
      const source = denied.arn === undefined ? '' : `: ${denied.arn}`;
      throw accessDenied(caller, request, `with an explicit deny in an identity-based policy${source}`);
    }
    if (matching.length === 0)
      throw accessDenied(caller, request, `because no identity-based policy allows the ${request.action} action`);
    this.#checkBoundary(caller, role, request, context);
    for (const { policy, statement } of matching) this.#grants.record(role, policy.name, statement, request.action);
  }

  /** Whether `authorize` would pass, and the statement that decides or the nearest that does not match. */
  explain(caller: Extract<Caller, { kind: 'role' }>, request: AuthorizationRequest): Decision {
    const role = this.roles.role(caller.roleName);
    const policies = role ? this.roles.policiesOf(role) : [];
    const context = role ? this.#context(caller, role, request.conditionKeys) : contextOf({});
    return conclude(
      request,
      judgeAll(
        policies.map(({ policy }) => policy),
        request,
        context,
      ),
    );
  }

  /** Who acts when a service acts with a role that it was given: a function's logs, a rule's action. */
  callerOf(roleArn: string, sessionName: string): Extract<Caller, { kind: 'role' }> {
    const roleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
    return {
      kind: 'role',
      arn: globalArn(this.#account, 'sts', `assumed-role/${roleName}/${sessionName}`),
      roleName,
      sessionName,
    };
  }

  /**
   * Credentials of a role's session, without asking the trust policy: for services that hold the role already.
   *
   * @param durationSeconds lifetime; without it they are valid until the twin stops
   * @throws AwsError NoSuchEntity
   */
  issueRoleCredentials(roleArn: string, sessionName: string, durationSeconds?: number): SessionCredentials {
    const role = this.roles.roleByArn(roleArn);
    if (!role)
      throw new AwsError(
        'NoSuchEntity',
        `The role with name ${roleArn.slice(roleArn.lastIndexOf('/') + 1)} cannot be found.`,
        404,
      );
    return this.sessions.issue(role, sessionName, durationSeconds);
  }

  /** Whether a service may act for a role: what AWS checks when a function, a rule or a template names one. */
  serviceMayAssume(roleArn: string, service: string, keys: ConditionKeys = {}): boolean {
    const role = this.roles.roleByArn(roleArn);
    return role !== undefined && trustOf(role.trustPolicy, { service }, 'sts:AssumeRole', keys) === 'trusted';
  }

  /**
   * STS AssumeRole.
   *
   * @throws AwsError AccessDenied, ValidationError
   */
  assumeRole(
    caller: Caller,
    roleArn: string,
    sessionName: string,
    durationSeconds = 3600,
    keys: ConditionKeys = {},
  ): AssumedRole {
    if (!SESSION_NAME.test(sessionName)) {
      throw new AwsError(
        'ValidationError',
        `Value '${sessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
      );
    }
    const role = this.#assumable(caller, roleArn, keys);
    if (durationSeconds < SHORTEST_SESSION_SECONDS) {
      throw new AwsError(
        'ValidationError',
        `Value '${durationSeconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900`,
      );
    }
    if (durationSeconds > role.maxSessionDuration) {
      throw new AwsError(
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      );
    }
    const credentials = this.sessions.issue(role, sessionName, durationSeconds);
    const arn = globalArn(this.#account, 'sts', `assumed-role/${role.name}/${sessionName}`);
    return { credentials, arn, assumedRoleId: `${role.id}:${sessionName}` };
  }

  /** Each role's grants, used or never used since the state began or `forgetUsedGrants`. */
  grantsReport(): Grant[] {
    return this.#grants.report(this.roles);
  }

  forgetUsedGrants(): void {
    this.#grants.reset();
  }

  /** An unknown role is refused in the same words, so that nobody learns which roles exist. */
  #assumable(caller: Caller, roleArn: string, keys: ConditionKeys): Role {
    const request = { action: 'sts:AssumeRole', resource: roleArn };
    const role = this.roles.roleByArn(roleArn);
    const trust = role ? trustOf(role.trustPolicy, this.#principal(caller), 'sts:AssumeRole', keys) : 'untrusted';
    const refused = (reason: string): AwsError =>
      new AwsError('AccessDenied', accessDenied(caller, request, reason).message, 403);
    if (trust === 'denied') throw refused('with an explicit deny in the role trust policy');
    if (!role || trust === 'untrusted') throw refused('because no role trust policy allows the sts:AssumeRole action');
    if (trust === 'delegated') {
      try {
        this.authorize(caller, { ...request, conditionKeys: keys });
      } catch (error) {
        throw new AwsError('AccessDenied', (error as Error).message, 403);
      }
    }
    return role;
  }

  #principal(caller: Caller): AssumingPrincipal {
    const role = caller.kind === 'role' ? this.roles.role(caller.roleName) : undefined;
    return { arns: role ? [caller.arn, role.arn] : [caller.arn], accountId: this.#account.accountId };
  }

  #checkBoundary(caller: Caller, role: Role, request: AuthorizationRequest, context: RequestContext): void {
    if (role.permissionsBoundary === undefined) return;
    const boundary: AttachedPolicy | undefined = this.roles.managed(role.permissionsBoundary);
    const matching =
      boundary?.policy.statements.filter((statement) => statementMatches(statement, request, context)) ?? [];
    if (matching.some(({ effect }) => effect === 'Deny')) {
      throw accessDenied(
        caller,
        request,
        `with an explicit deny in a permissions boundary: ${role.permissionsBoundary}`,
      );
    }
    if (matching.length === 0)
      throw accessDenied(caller, request, `because no permissions boundary allows the ${request.action} action`);
  }

  /** Global condition keys of a request (IAM User Guide, "AWS global condition context keys"), and the service's own. */
  #context(caller: Extract<Caller, { kind: 'role' }>, role: Role, keys: ConditionKeys = {}): RequestContext {
    const now = this.#clock.now();
    const tags = Object.fromEntries(
      Object.entries(role.tags).map(([name, value]) => [`aws:PrincipalTag/${name}`, value]),
    );
    return contextOf({
      'aws:PrincipalArn': role.arn,
      'aws:PrincipalAccount': this.#account.accountId,
      'aws:PrincipalType': 'AssumedRole',
      'aws:userid': `${role.id}:${caller.sessionName}`,
      'aws:RequestedRegion': this.#account.region,
      'aws:SecureTransport': 'true',
      'aws:CurrentTime': new Date(now).toISOString(),
      'aws:EpochTime': String(Math.floor(now / 1000)),
      ...tags,
      ...keys,
    });
  }
}
