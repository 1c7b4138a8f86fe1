import { CfnOutput } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { CellContext } from '../constructs/cell-context.ts';
import { CellStack } from '../constructs/cell-stack.ts';
import { alarmDefinitions, type AlarmDefinition } from '../operations/alarms.ts';
import { createDashboard } from '../operations/dashboard.ts';
import type { IngestStack } from './ingest-stack.ts';

/** Where each alarm's section is. */
const RUNBOOK = 'docs/runbook.md';

/** What watches a cell: dashboard, alarms, budget, and the topic that tells people. Nothing else depends on it. */
export class OperationsStack extends CellStack {
  constructor(scope: Construct, context: CellContext, { redrive }: IngestStack) {
    super(scope, 'Operations', context, { description: 'Dashboard, alarms and budget of the IoV backbone' });
    const { alarmEmails, quotas } = context.environment;
    const topic = this.#createTopic(alarmEmails);
    const subjects = { errorQueue: redrive.queue, quotas };
    const action = new SnsAction(topic);
    for (const definition of alarmDefinitions(subjects)) this.#createAlarm(definition).addAlarmAction(action);
    createDashboard(this, subjects);
    this.#createBudget(topic);
    new CfnOutput(this, 'AlarmTopicArn', { value: topic.topicArn });
  }

  #createAlarm(definition: AlarmDefinition): Alarm {
    const { id, section = id, summary, metric, threshold, minutes, missingIsBreaching } = definition;
    return new Alarm(this, `Alarm-${id}`, {
      alarmName: this.physicalName(id),
      alarmDescription: `${summary}. ${RUNBOOK}#${section}`,
      ...{ metric, threshold, evaluationPeriods: minutes, datapointsToAlarm: minutes },
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: missingIsBreaching ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
  }

  /** With a key of our own: CloudWatch and Budgets cannot use the one that AWS manages for SNS. */
  #createTopic(emails: readonly string[]): Topic {
    const key = new Key(this, 'AlarmKey', {
      description: 'Alarms on their way',
      enableKeyRotation: true,
      removalPolicy: this.removalPolicy,
    });
    const topic = new Topic(this, 'Alarms', {
      topicName: this.physicalName('alarms'),
      masterKey: key,
      enforceSSL: true,
    });
    for (const service of ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com']) {
      const principals = [new ServicePrincipal(service)];
      const conditions = { StringEquals: { 'aws:SourceAccount': this.account } };
      key.addToResourcePolicy(
        new PolicyStatement({
          ...{ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: ['*'] },
          ...{ principals, conditions },
        }),
      );
      topic.addToResourcePolicy(
        new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn], principals, conditions }),
      );
    }
    for (const email of emails) topic.addSubscription(new EmailSubscription(email));
    return topic;
  }

  #createBudget(topic: Topic): void {
    const { monthlyBudget } = this.context.environment;
    const notify = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number) => ({
      notification: { notificationType, threshold, thresholdType: 'PERCENTAGE', comparisonOperator: 'GREATER_THAN' },
      subscribers: [{ subscriptionType: 'SNS', address: topic.topicArn }],
    });
    const budget = new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: this.physicalName('monthly'),
        ...{ budgetType: 'COST', timeUnit: 'MONTHLY', budgetLimit: { amount: monthlyBudget, unit: 'USD' } },
      },
      notificationsWithSubscribers: [notify('ACTUAL', 80), notify('FORECASTED', 100)],
    });
    // Budgets looks whether it may publish when the budget is made.
    budget.node.addDependency(topic);
  }
}
