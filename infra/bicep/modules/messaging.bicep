// The front door (an Event Grid topic) and every queue behind it. What the topic delivers where is in subscription.bicep,
// because that may only be made once the roles are there.
import { queue } from '../types.bicep'

param namespaceName string
param topicName string
param location string
param tags resourceInput<'Microsoft.ServiceBus/namespaces@2026-01-01'>.tags
param queues queue[]

@description('Resource id of the identity that the topic delivers with.')
param deliveryIdentityId string

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' = {
  name: namespaceName
  location: location
  tags: tags
  // Standard is the smallest tier with duplicate detection and scheduled messages.
  sku: { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

// Dead letters are forwarded, and a queue must exist before another forwards to it: those that forward nothing go first.
var last = filter(queues, shape => shape.?forwardsDeadLettersTo == null)
var forwarding = filter(queues, shape => shape.?forwardsDeadLettersTo != null)

resource lastQueues 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' = [
  for shape in last: {
    parent: namespace
    name: shape.name
    properties: {
      lockDuration: 'PT5M'
      maxDeliveryCount: shape.maxDeliveryCount
      requiresDuplicateDetection: shape.duplicateSeconds > 0
      deadLetteringOnMessageExpiration: true
      defaultMessageTimeToLive: 'P14D'
    }
  }
]

resource forwardingQueues 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' = [
  for shape in forwarding: {
    parent: namespace
    name: shape.name
    properties: {
      lockDuration: 'PT5M'
      maxDeliveryCount: shape.maxDeliveryCount
      requiresDuplicateDetection: shape.duplicateSeconds > 0
      duplicateDetectionHistoryTimeWindow: 'PT${shape.duplicateSeconds}S'
      deadLetteringOnMessageExpiration: true
      defaultMessageTimeToLive: 'P14D'
      forwardDeadLetteredMessagesTo: shape.?forwardsDeadLettersTo
    }
    dependsOn: [lastQueues]
  }
]

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: topicName
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${deliveryIdentityId}': {} }
  }
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
    disableLocalAuth: true
    minimumTlsVersionAllowed: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

output topicEndpoint string = topic.properties.endpoint
