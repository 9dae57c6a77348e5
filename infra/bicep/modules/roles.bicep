// Every role assignment of this deployment, each on the one thing that it is needed for. Who may do what here is this
// page; what the app may do in Microsoft 365 is in tenant.bicep and docs/permissions.md.

@description('Resource id of the app\'s identity. Names are made from it, since they must be known before it exists.')
param appIdentityId string

@description('Object id of the app\'s identity.')
param appPrincipalId string

@description('Resource id of the identity that the topic delivers with.')
param deliveryIdentityId string

@description('Object id of the identity that the topic delivers with.')
param deliveryPrincipalId string

@description('Object ids of those who publish alerts to the topic: a playbook of Sentinel, for instance.')
param publisherPrincipalIds string[]

param hostAccountName string
param dataAccountName string
param namespaceName string
param topicName string
param componentName string
param eventHubNamespaceName string
param eventHubName string

param queueNames string[]
param tableNames string[]

@description('Lets the platform read the length of the queues, by which it scales in one step; it is the right to manage them.')
param scaleByQueueLength bool

var role = {
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  tableContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  busReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  busSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  busOwner: '090c5cfd-751d-490a-894a-3ce6f1109419'
  topicSender: 'd5a91429-5739-47e2-a06b-3470a27159e7'
  hubReceiver: 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

resource host 'Microsoft.Storage/storageAccounts@2026-04-01' existing = {
  name: hostAccountName
}

resource data 'Microsoft.Storage/storageAccounts@2026-04-01' existing = {
  name: dataAccountName

  resource tables 'tableServices' existing = {
    name: 'default'
  }

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource evidence 'containers' existing = {
      name: 'evidence'
    }

    resource undelivered 'containers' existing = {
      name: 'undelivered'
    }
  }
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2026-04-01' existing = [
  for name in tableNames: {
    parent: data::tables
    name: name
  }
]

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: namespaceName

  resource alerts 'queues' existing = {
    name: 'alerts'
  }
}

resource queue 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' existing = [
  for name in queueNames: {
    parent: namespace
    name: name
  }
]

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: topicName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource hub 'Microsoft.EventHub/namespaces/eventhubs@2026-01-01' existing = if (!empty(eventHubName)) {
  name: '${eventHubNamespaceName}/${eventHubName}'
}

// The platform: the deployed package, its locks and the function keys. The Functions host asks for this role by name:
// https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
resource hostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(host.id, appIdentityId, role.blobOwner)
  scope: host
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.blobOwner)
    description: 'The package, the locks and the keys of the Functions host.'
  }
}

// Progress: shared/store/table-client.ts.
resource tableRows 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in tableNames: {
    name: guid(table[index].id, appIdentityId, role.tableContributor)
    scope: table[index]
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.tableContributor)
      description: 'Rows of the table ${name}.'
    }
  }
]

// What a row can't hold: shared/store/blobs.ts. The container's immutability policy stands above this role.
resource evidenceBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::blobs::evidence.id, appIdentityId, role.blobContributor)
  scope: data::blobs::evidence
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.blobContributor)
    description: 'Evidence that a row is too small for.'
  }
}

// Every function takes from its queue.
resource receive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in queueNames: if (!scaleByQueueLength) {
    name: guid(queue[index].id, appIdentityId, role.busReceiver)
    scope: queue[index]
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.busReceiver)
      description: 'Takes messages from ${name}.'
    }
  }
]

// Every queue is also sent to: the next step, a later try, a dead letter.
resource send 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in queueNames: if (!scaleByQueueLength) {
    name: guid(queue[index].id, appIdentityId, role.busSender)
    scope: queue[index]
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.busSender)
      description: 'Sends messages to ${name}.'
    }
  }
]

resource manage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in queueNames: if (scaleByQueueLength) {
    name: guid(queue[index].id, appIdentityId, role.busOwner)
    scope: queue[index]
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.busOwner)
      description: 'Takes from and sends to ${name}, and lets the platform read its length.'
    }
  }
]

// The poller, and investigations that find other victims, publish to our own front door.
resource publish 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(topic.id, appIdentityId, role.topicSender)
  scope: topic
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.topicSender)
    description: 'Publishes alerts.'
  }
}

resource publishers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in publisherPrincipalIds: {
    name: guid(topic.id, principalId, role.topicSender)
    scope: topic
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.topicSender)
      description: 'Publishes alerts.'
    }
  }
]

resource metrics 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, appIdentityId, role.metricsPublisher)
  scope: component
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.metricsPublisher)
    description: 'Writes the app\'s logs.'
  }
}

resource stream 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(eventHubName)) {
  name: guid(eventHubNamespaceName, eventHubName, appIdentityId, role.hubReceiver)
  scope: hub
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.hubReceiver)
    description: 'Reads the streamed logs.'
  }
}

// Event Grid delivers, and lays aside what it can't deliver.
resource deliver 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(namespace::alerts.id, deliveryIdentityId, role.busSender)
  scope: namespace::alerts
  properties: {
    principalId: deliveryPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.busSender)
    description: 'Delivers events to the queue alerts.'
  }
}

resource layAside 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::blobs::undelivered.id, deliveryIdentityId, role.blobContributor)
  scope: data::blobs::undelivered
  properties: {
    principalId: deliveryPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.blobContributor)
    description: 'Keeps events that could not be delivered.'
  }
}
