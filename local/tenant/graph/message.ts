// What sendMail accepts: the properties of a message and their types, as Microsoft's metadata has them.
import { z } from 'zod';
import { type Row, TenantRefusal } from '../answers.ts';

const recipient = z.strictObject({
  emailAddress: z.strictObject({ address: z.email(), name: z.string().nullish() }),
});
const recipients = z.array(recipient);
const attachment = z.strictObject({
  '@odata.type': z.literal('#microsoft.graph.fileAttachment'),
  name: z.string().min(1),
  contentBytes: z.base64(),
  contentType: z.string().nullish(),
  contentId: z.string().nullish(),
  isInline: z.boolean().optional(),
});
const sentMessage = z.strictObject({
  subject: z.string(),
  body: z.strictObject({ contentType: z.enum(['text', 'html', 'Text', 'HTML']), content: z.string() }),
  toRecipients: recipients.optional(),
  ccRecipients: recipients.optional(),
  bccRecipients: recipients.optional(),
  replyTo: recipients.optional(),
  from: recipient.optional(),
  sender: recipient.optional(),
  attachments: z.array(attachment).optional(),
  importance: z.enum(['low', 'normal', 'high']).optional(),
  internetMessageHeaders: z
    .array(z.strictObject({ name: z.string().regex(/^x-/i, 'must begin with x-'), value: z.string() }))
    .max(5)
    .optional(),
  internetMessageId: z.string().optional(),
  categories: z.array(z.string()).optional(),
  isDeliveryReceiptRequested: z.boolean().optional(),
  isReadReceiptRequested: z.boolean().optional(),
});

/** Refuses what Exchange would refuse: an unknown property, no recipient, a header that a sender may not set. */
export function checkMessage(message: unknown): asserts message is Row {
  const parsed = sentMessage.safeParse(message);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TenantRefusal(
      400,
      'RequestBodyRead',
      `message.${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    );
  }
  const { toRecipients = [], ccRecipients = [], bccRecipients = [] } = parsed.data;
  if (toRecipients.length + ccRecipients.length + bccRecipients.length === 0) {
    throw new TenantRefusal(400, 'ErrorInvalidRecipients', 'At least one recipient is not valid.');
  }
}
