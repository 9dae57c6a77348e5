// Two accounts, because they have different readers: `host` holds what the platform needs (the deployed package, locks,
// function keys), `data` holds what the app remembers of runs. Neither knows a shared key or a public blob.

param hostName string
param dataName string
param location string
param tags resourceInput<'Microsoft.Storage/storageAccounts@2026-04-01'>.tags

@description('How often the data is copied, and where to.')
param redundancy ('Standard_LRS' | 'Standard_ZRS' | 'Standard_GZRS')

@description('Tables that the app works with; they exist before it does, so that it needs no right to make any.')
param tableNames string[]

@description('Days for which evidence is kept unchanged; afterwards it is deleted. Until an administrator locks the policy, whoever administers the account can end this early.')
param evidenceRetentionDays int

@description('Whether to set the policy that keeps evidence unchanged. false: leave it as it is.')
param setEvidencePolicy bool

@description('Days after which an alert that could not be delivered is deleted.')
var undeliveredDays = 30

var locked = {
  accessTier: 'Hot'
  allowBlobPublicAccess: false
  allowCrossTenantReplication: false
  allowSharedKeyAccess: false
  defaultToOAuthAuthentication: true
  minimumTlsVersion: 'TLS1_2'
  publicNetworkAccess: 'Enabled'
  supportsHttpsTrafficOnly: true
}

resource host 'Microsoft.Storage/storageAccounts@2026-04-01' = {
  name: hostName
  location: location
  tags: tags
  sku: { name: 'Standard_LRS' }
  kind: 'StorageV2'
  properties: locked

  resource blobs 'blobServices' = {
    name: 'default'

    resource packages 'containers' = {
      name: 'packages'
      properties: { publicAccess: 'None' }
    }
  }
}

resource data 'Microsoft.Storage/storageAccounts@2026-04-01' = {
  name: dataName
  location: location
  tags: tags
  sku: { name: redundancy }
  kind: 'StorageV2'
  properties: locked

  resource tableService 'tableServices' = {
    name: 'default'

    resource tables 'tables' = [
      for name in tableNames: {
        name: name
      }
    ]
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      containerDeleteRetentionPolicy: { enabled: true, days: 30 }
    }

    resource evidence 'containers' = {
      name: 'evidence'
      properties: { publicAccess: 'None' }

      // A deployment never locks it: a locked policy can only be made longer, and only five times, so an administrator
      // locks it once the days are agreed (docs/operate.md, "Evidence"). A locked policy refuses to be set again, so from
      // then on setEvidencePolicy is false.
      resource immutable 'immutabilityPolicies' = if (setEvidencePolicy) {
        name: 'default'
        properties: {
          immutabilityPeriodSinceCreationInDays: evidenceRetentionDays
          allowProtectedAppendWrites: false
        }
      }
    }

    resource undelivered 'containers' = {
      name: 'undelivered'
      properties: { publicAccess: 'None' }
    }
  }

  resource lifecycle 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          for container in [
            { name: 'evidence', days: evidenceRetentionDays + 1 }
            { name: 'undelivered', days: undeliveredDays }
          ]: {
            name: 'delete-old-${container.name}'
            enabled: true
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['${container.name}/'] }
              actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: container.days } } }
            }
          }
        ]
      }
    }
  }
}

output hostBlobEndpoint string = host.properties.primaryEndpoints.blob
output packagesUrl string = '${host.properties.primaryEndpoints.blob}${host::blobs::packages.name}'
output tableEndpoint string = data.properties.primaryEndpoints.table
output dataBlobEndpoint string = data.properties.primaryEndpoints.blob
