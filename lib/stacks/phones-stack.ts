import { CfnOutput, Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnAuthorizer, CfnDomainConfiguration } from 'aws-cdk-lib/aws-iot';
import type { Construct } from 'constructs';
import { PHONE_AUTHORIZER, TOKEN_PARAMETER } from '../../contracts/phones.ts';
import type { CellContext } from '../constructs/cell-context.ts';
import { CellFunction } from '../constructs/cell-function.ts';
import { CellStack } from '../constructs/cell-stack.ts';
import { stateTable } from '../constructs/state-table.ts';
import { TLS_POLICY } from '../constructs/tls-policy.ts';

/**
 * The phones' way in: no certificates but tokens of the environment's OpenID Connect provider, judged by an authorizer that gives a user
 * his own vehicles and nothing else.
 */
export class PhonesStack extends CellStack {
  constructor(scope: Construct, context: CellContext) {
    super(scope, 'Phones', context, { description: 'Access of phones to the IoV backbone' });
    // Who owns what is written by the carmaker's own systems: one item a user and vehicle.
    const owners = stateTable(this, 'Owners', { name: 'owners', partitionKey: 'owner', sortKey: 'thing' });
    const handler = this.#createHandler(owners);
    const authorizer = new CfnAuthorizer(this, 'Authorizer', {
      authorizerName: PHONE_AUTHORIZER,
      authorizerFunctionArn: handler.functionArn,
      status: 'ACTIVE',
      tokenKeyName: TOKEN_PARAMETER,
      // The token bears its issuer's signature, which the function checks; AWS IoT would want one more, made with a key it was given.
      signingDisabled: true,
      enableCachingForHttp: true,
    });
    handler.addPermission('AuthorizerInvocation', {
      principal: new ServicePrincipal('iot.amazonaws.com'),
      sourceAccount: this.account,
      sourceArn: this.formatArn({ service: 'iot', resource: 'authorizer', resourceName: PHONE_AUTHORIZER }),
    });
    const domain = new CfnDomainConfiguration(this, 'Domain', {
      domainConfigurationName: this.physicalName('phones'),
      serviceType: 'DATA',
      authorizerConfig: { defaultAuthorizerName: PHONE_AUTHORIZER, allowAuthorizerOverride: false },
      tlsConfig: { securityPolicy: TLS_POLICY },
    });
    domain.addResourceDependency(authorizer);
    new CfnOutput(this, 'PhoneAuthorizerName', { value: authorizer.ref });
    new CfnOutput(this, 'PhoneDomainConfigurationName', { value: domain.ref });
    new CfnOutput(this, 'OwnersTableName', { value: owners.tableName });
  }

  #createHandler(owners: Table): CellFunction {
    const { issuer, audience } = this.context.environment.phones;
    const handler = new CellFunction(this, 'PhoneAuthorizer', 'phone-authorizer', {
      description: 'Decides what a phone may do, by its user’s token and vehicles',
      // AWS IoT waits five seconds; a verdict after that is lost.
      timeout: Duration.seconds(5),
      // Verifying a signature is work: with more memory comes more of a processor.
      memorySize: 512,
      environment: {
        OIDC_ISSUER: issuer,
        OIDC_AUDIENCE: audience,
        OWNERS_TABLE: owners.tableName,
        IOT_ARN_PREFIX: `arn:${this.partition}:iot:${this.region}:${this.account}:`,
      },
    });
    handler.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:Query'], resources: [owners.tableArn] }));
    return handler;
  }
}
