// Role groups in the tenant file, of Exchange Online and of Defender with Purview, which has its own with some of the
// same names (https://learn.microsoft.com/exchange/permissions-exo/permissions-exo).
import { z } from 'zod';
import { may, text, texts } from './fields.ts';

export const roleGroupSchema = z.strictObject({
  Name: text,
  Description: may(text),
  Roles: texts.optional().describe('Management roles; default: one of the name of the group'),
  Members: texts
    .optional()
    .describe('Users by id or user principal name, and other groups by name, whose members count too'),
});

export const managementRoleAssignmentSchema = z.strictObject({
  Name: may(text).describe('Default: role and user'),
  Role: text,
  User: text.describe('By id or user principal name'),
  CustomRecipientWriteScope: may(text),
  Delegating: z.boolean().optional(),
});
