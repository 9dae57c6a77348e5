// What tells on-call that the responder itself is not well. All of it lives outside the app, since an app that has
// stopped reports nothing.

param prefix string
param location string
param tags resourceInput<'Microsoft.Insights/scheduledQueryRules@2026-03-01'>.tags
param workspaceId string
param namespaceId string

@description('Addresses that are told.')
param addresses string[]

resource onCall 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${prefix}-on-call'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'reclaim'
    enabled: true
    emailReceivers: [
      for (address, index) in addresses: {
        name: 'on-call-${index}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

var metricRules = [
  {
    name: 'dead-letters'
    severity: 1
    metric: 'DeadletteredMessages'
    aggregation: 'Maximum'
    description: 'A message could not be handled and was dead-lettered: an alert may have gone unanswered, or a step may not have ended. See docs/operate.md, "Dead letters".'
  }
  {
    // The service measures no age: a queue that was never empty for five minutes holds something old or is overrun. The
    // rule late-messages below measures the age of what was taken in the end.
    name: 'stuck-messages'
    severity: 1
    metric: 'ActiveMessages'
    aggregation: 'Minimum'
    description: 'A queue has not been empty for five minutes: nobody works on it, or more arrives than can be worked on. See docs/operate.md, "Late messages".'
  }
]

resource metricAlerts 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for rule in metricRules: {
    name: '${prefix}-${rule.name}'
    location: 'global'
    tags: tags
    properties: {
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [namespaceId]
      evaluationFrequency: 'PT1M'
      windowSize: 'PT5M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: rule.name
            metricNamespace: 'Microsoft.ServiceBus/namespaces'
            metricName: rule.metric
            timeAggregation: rule.aggregation
            operator: 'GreaterThan'
            threshold: 0
            dimensions: [{ name: 'EntityName', operator: 'Include', values: ['*'] }]
          }
        ]
      }
      actions: [{ actionGroupId: onCall.id }]
    }
  }
]

var logRules = [
  {
    name: 'no-heartbeat'
    severity: 0
    everyMinutes: 5
    windowMinutes: 10
    operator: 'LessThan'
    // A count over nothing is a row that says 0, so that silence is found.
    query: 'AppRequests | where Name == "sweep-runs" and Success == true | summarize Beats = count()'
    column: 'Beats'
    description: 'The app has not finished its sweep, due each minute, for ten minutes: it is stopped, its settings are wrong, or no function is registered. See docs/operate.md, "No heartbeat".'
  }
  {
    name: 'late-messages'
    severity: 1
    everyMinutes: 5
    windowMinutes: 10
    operator: 'GreaterThanOrEqual'
    // Written by the Functions host each time a function takes a message.
    query: 'AppTraces | where Message startswith "Trigger Details:" | parse Message with * "EnqueuedTimeUtc: " Enqueued "," * | extend Age = TimeGenerated - todatetime(Enqueued) | where Age > 2m | summarize Late = count()'
    column: 'Late'
    description: 'A message waited more than two minutes before a function took it, so containment was late. See docs/operate.md, "Late messages".'
  }
  {
    name: 'failed-runs'
    severity: 1
    everyMinutes: 5
    windowMinutes: 10
    operator: 'GreaterThanOrEqual'
    query: 'AppTraces | where Message has "run-verdict" and Message has_any ("NOT CONTAINED", "REVERTED") | summarize Runs = count()'
    column: 'Runs'
    description: 'A run ended without the account being contained, or what it did was reverted. The email says which; this rule is for when the email does not come. See docs/operate.md, "Verdicts".'
  }
  {
    name: 'held-runs'
    severity: 1
    everyMinutes: 5
    windowMinutes: 10
    operator: 'GreaterThanOrEqual'
    query: 'AppTraces | where Message has "run-verdict" and Message has_any ("HELD", "DECIDE") | summarize Runs = count()'
    column: 'Runs'
    description: 'A run waits for a person to decide. See docs/operate.md, "Verdicts".'
  }
  {
    name: 'no-signal'
    severity: 0
    everyMinutes: 5
    windowMinutes: 15
    operator: 'GreaterThanOrEqual'
    query: 'AppTraces | where Message has "no-signal:" | summarize Times = count()'
    column: 'Times'
    description: 'No source of alerts has answered or delivered for longer than NO_SIGNAL_HOURS: compromised accounts are not noticed. See docs/operate.md, "No signal".'
  }
  {
    name: 'preflight-problems'
    severity: 2
    everyMinutes: 60
    windowMinutes: 60
    operator: 'GreaterThanOrEqual'
    query: 'AppTraces | where Message has "preflight-problem:" | summarize Problems = count()'
    column: 'Problems'
    description: 'Preflight found what will fail in an incident. The email says what to do; this rule is for when the email itself is what fails. See docs/operate.md, "Preflight".'
  }
  {
    name: 'failing-functions'
    severity: 2
    everyMinutes: 5
    windowMinutes: 15
    operator: 'GreaterThanOrEqual'
    query: 'AppRequests | where Success == false | summarize Failures = count()'
    column: 'Failures'
    description: 'A function ended with an error that it did not deal with itself. See docs/operate.md, "Failing functions".'
  }
]

resource logAlerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in logRules: {
    name: '${prefix}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.name
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT${rule.everyMinutes}M'
      windowSize: 'PT${rule.windowMinutes}M'
      autoMitigate: true
      // The tables are made by the first logs; until then the query names what is not there.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            metricMeasureColumn: rule.column
            timeAggregation: 'Total'
            operator: rule.operator
            threshold: 1
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [onCall.id] }
    }
  }
]
