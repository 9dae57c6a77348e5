// Hands every event on the topic to the queue `alerts`. It is made after the roles: without them Event Grid would take
// events in and deliver none.

param topicName string
param namespaceName string
param queueName string
param dataAccountName string
param deliveryIdentityId string

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: topicName
}

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: namespaceName

  resource queue 'queues' existing = {
    name: queueName
  }
}

resource data 'Microsoft.Storage/storageAccounts@2026-04-01' existing = {
  name: dataAccountName
}

resource toAlerts 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'to-alerts'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    deliveryWithResourceIdentity: {
      identity: { type: 'UserAssigned', userAssignedIdentity: deliveryIdentityId }
      destination: {
        endpointType: 'ServiceBusQueue'
        properties: {
          resourceId: namespace::queue.id
          // The event's own id, so that what a publisher repeats is dropped by duplicate detection, and an alert that
          // has grown (its id carries its version) is not.
          deliveryAttributeMappings: [
            { name: 'MessageId', type: 'Dynamic', properties: { sourceField: 'id' } }
          ]
        }
      }
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'UserAssigned', userAssignedIdentity: deliveryIdentityId }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: data.id, blobContainerName: 'undelivered' }
      }
    }
  }
}
