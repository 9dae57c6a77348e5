// What an administrator of the tenant is asked for. The first two are outputs of main.bicep: `azd env get-values`.
using 'tenant.bicep'

// Object id of the app's identity.
param appPrincipalId = readEnvironmentVariable('APP_PRINCIPAL_ID')

// Where the app is reached.
param appUrl = readEnvironmentVariable('APP_URL')

// As in main.bicepparam: a step that is off there needs no permission here.
param profile = readEnvironmentVariable('PROFILE', 'all')
param steps = readEnvironmentVariable('STEPS', '{}')

// Object ids of the people or groups who may operate it, separated by commas.
param operatorIds = filter(split(readEnvironmentVariable('OPERATOR_IDS', ''), ','), id => !empty(id))

// Object ids of those who may look and decide nothing, likewise.
param readerIds = filter(split(readEnvironmentVariable('READER_IDS', ''), ','), id => !empty(id))

// 'false' where the tenant has no Defender for Endpoint.
param hasDefenderForEndpoint = bool(readEnvironmentVariable('HAS_DEFENDER_FOR_ENDPOINT', 'true'))

// Another name for a second deployment in the same tenant.
// param signInName = 'reclaim-test'
