// An event hub for the logs of Entra ID or Defender, where they are streamed rather than polled. The diagnostic setting
// that fills it is made in Entra ID, by an administrator of the tenant.

param namespaceName string
param hubName string
param location string
param tags resourceInput<'Microsoft.EventHub/namespaces@2026-01-01'>.tags

resource namespace 'Microsoft.EventHub/namespaces@2026-01-01' = {
  name: namespaceName
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Standard', capacity: 1 }
  properties: {
    // Diagnostic settings of Entra ID deliver with a key of this namespace and can do no other.
    disableLocalAuth: false
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
  }

  resource hub 'eventhubs' = {
    name: hubName
    properties: {
      partitionCount: 2
      retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: 24 }
    }
  }
}
