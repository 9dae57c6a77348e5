// The function app. All that it needs to reach anything is one identity: none of its settings is a secret.

param planName string
param appName string
param location string
param tags resourceInput<'Microsoft.Web/sites@2025-03-01'>.tags

param identityId string

@description('Of the identity that plants the weekly drill; empty: none.')
param drillIdentityId string

@description('Container that the package is deployed to.')
param packagesUrl string

param nodeVersion ('22' | '24')

@description('Functions with an instance that waits for them, and how many.')
param alwaysReady { name: string, instanceCount: int }[]

@description('No more instances than this, whatever arrives: a bound on the bill.')
param maximumInstances int

@description('Where an Adaptive Card is posted. Whoever knows the address may post, so it stays out of the record of deployments.')
@secure()
param webhookUrl string

@description('App settings by name, without secrets.')
param settings { *: string }

@description('Application that people sign in to; empty until there is one, and then function keys alone open the API.')
param signInClientId string

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: appName
  location: location
  tags: { ...tags, 'azd-service-name': 'app' }
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: union({ '${identityId}': {} }, empty(drillIdentityId) ? {} : { '${drillIdentityId}': {} })
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packagesUrl
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'node', version: nodeVersion }
      scaleAndConcurrency: {
        instanceMemoryMB: 512
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReady
      }
      // The default strategy ends whatever is running at each deployment. The types of the compiler do not know the
      // property yet: https://learn.microsoft.com/azure/azure-functions/flex-consumption-site-updates
      #disable-next-line BCP037
      siteUpdateStrategy: { type: 'RollingUpdate' }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      appSettings: concat(
        map(items(settings), setting => { name: setting.key, value: setting.value }),
        [{ name: 'WEBHOOK_URL', value: webhookUrl }]
      )
    }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  // Who is not signed in reaches no function at all. The secret that signing in would need is a token of the identity.
  resource signIn 'config' = if (!empty(signInClientId)) {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'RedirectToLoginPage'
        redirectToProvider: 'azureactivedirectory'
      }
      httpSettings: { requireHttps: true }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: signInClientId
            clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
            openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
          }
          validation: { allowedAudiences: [signInClientId, 'api://${signInClientId}'] }
        }
      }
      login: { tokenStore: { enabled: false } }
    }
  }
}

output hostName string = app.properties.defaultHostName
