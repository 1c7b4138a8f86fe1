/** Another team's app, which shares nothing with this project: parking meters report, a function answers, a queue collects. */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { CfnPolicy, CfnThing, CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';

const app = new App();
const stack = new Stack(app, 'ParkingMeters');
new CfnThing(stack, 'Meter', { thingName: 'meter-1' });
new CfnPolicy(stack, 'Policy', {
  policyName: 'meters',
  policyDocument: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'iot:Connect',
        Resource: stack.formatArn({ service: 'iot', resource: 'client', resourceName: 'meter-*' }),
      },
      {
        Effect: 'Allow',
        Action: 'iot:Publish',
        Resource: stack.formatArn({ service: 'iot', resource: 'topic', resourceName: 'meters/*' }),
      },
    ],
  },
});
const paid = new Queue(stack, 'Paid');
const price = new Function(stack, 'Price', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  environment: { QUEUE_URL: paid.queueUrl },
  code: Code.fromInline(`const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
exports.handler = async ({ meter, minutes }) => new SQSClient({}).send(new SendMessageCommand({
  QueueUrl: process.env.QUEUE_URL, MessageBody: JSON.stringify({ meter, cents: minutes * 5 }) }));`),
});
paid.grantSendMessages(price);
const rule = new CfnTopicRule(stack, 'Rule', {
  topicRulePayload: {
    sql: "SELECT topic(2) AS meter, minutes FROM 'meters/+/paid' WHERE minutes > 0",
    awsIotSqlVersion: '2016-03-23',
    actions: [{ lambda: { functionArn: price.functionArn } }],
  },
});
price.addPermission('Rule', { principal: new ServicePrincipal('iot.amazonaws.com'), sourceArn: rule.attrArn });
new CfnOutput(stack, 'QueueUrl', { value: paid.queueUrl });
app.synth();
