// Logs, which the app writes with its identity and nobody writes with a key.

param workspaceName string
param componentName string
param location string
param tags resourceInput<'Microsoft.OperationalInsights/workspaces@2025-07-01'>.tags

@description('Days that logs are kept; the first 31 cost nothing.')
param retentionDays int

@description('Gigabytes a day after which no more is taken in: a bound on the bill.')
param dailyGigabytes int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: { disableLocalAuth: true }
    workspaceCapping: { dailyQuotaGb: dailyGigabytes }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

output workspaceId string = workspace.id
output connectionString string = component.properties.ConnectionString
