// Tokens as the managed identity of an App Service gets them: one per resource, with the app's permissions inside,
// signed with a key of this tenant so that no other string passes for one.
import { createHmac, randomBytes } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { type TenantAnswer, TenantRefusal } from './answers.ts';

export type Service = 'graph' | 'exchange' | 'compliance' | 'defender';

const audiences: Readonly<Record<Service, readonly string[]>> = {
  graph: ['https://graph.microsoft.com', '00000003-0000-0000-c000-000000000000'],
  exchange: ['https://outlook.office365.com', '00000002-0000-0ff1-ce00-000000000000'],
  compliance: ['https://ps.compliance.protection.outlook.com'],
  defender: [
    'https://api.securitycenter.microsoft.com',
    'https://api.security.microsoft.com',
    'fc780465-2017-40d4-a0c5-307022471b92',
  ],
};

const claimsSchema = z.object({
  aud: z.string(),
  exp: z.number(),
  appid: z.string(),
  oid: z.string(),
  tid: z.string(),
  roles: z.array(z.string()),
});
export type Claims = z.infer<typeof claimsSchema>;

interface Application {
  appId: string;
  objectId: string;
  /** Permissions for a resource; those of Exchange and Defender live on their own service principals. */
  permissions: (service: Service) => readonly string[];
}

interface IdentityOptions extends Application {
  now: () => Date;
  tenantId: string;
  lifetimeSeconds: number;
  /** Gets a token of its own if asked for under its id. */
  drill: Application;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

export class Identity {
  /** What an App Service puts into IDENTITY_HEADER; requests without it are refused. */
  readonly header: string = randomBytes(16).toString('hex');
  readonly #key = randomBytes(32);
  /** Tokens with a valid signature: each request brings one of a few. */
  readonly #signed = new Map<string, Claims>();
  readonly #options: IdentityOptions;

  constructor(options: IdentityOptions) {
    this.#options = options;
  }

  /** For use in process: what DefaultAzureCredential is in Azure. */
  get credential(): TokenCredential {
    return this.#credentialOf(this.#options);
  }

  get drillCredential(): TokenCredential {
    return this.#credentialOf(this.#options.drill);
  }

  #credentialOf(app: Application): TokenCredential {
    return {
      getToken: async (scopes) => {
        const scope = typeof scopes === 'string' ? scopes : (scopes[0] ?? '');
        const issued = this.#issue(scope.replace(/\/\.default$/, ''), app);
        return { token: issued.token, expiresOnTimestamp: issued.expiresAt * 1000 };
      },
    };
  }

  #issue(resource: string, app: Application): { token: string; expiresAt: number } {
    const audience = resource.replace(/\/+$/, '');
    const service = serviceOf(audience);
    if (!service)
      throw new TenantRefusal(
        400,
        'invalid_resource',
        `The resource ${resource} is not known in this tenant.`,
      );
    const { now, tenantId, lifetimeSeconds } = this.#options;
    const { appId, objectId } = app;
    const iat = Math.floor(now().getTime() / 1000);
    const expiresAt = iat + lifetimeSeconds;
    const claims = {
      aud: audience,
      iss: `https://sts.windows.net/${tenantId}/`,
      iat,
      nbf: iat,
      exp: expiresAt,
      appid: appId,
      idtyp: 'app',
      oid: objectId,
      roles: app.permissions(service),
      sub: objectId,
      tid: tenantId,
      ver: '1.0',
    };
    const signed = `${encode({ typ: 'JWT', alg: 'HS256' })}.${encode(claims)}`;
    return { token: `${signed}.${this.#sign(signed)}`, expiresAt };
  }

  /** Undefined for a token that this tenant has not signed. */
  #claimsOf(token: string): Claims | undefined {
    const known = this.#signed.get(token);
    if (known) return known;
    const [header, payload, signature] = token.split('.');
    if (!payload || signature !== this.#sign(`${header}.${payload}`)) return undefined;
    const claims = claimsSchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
    this.#signed.set(token, claims);
    return claims;
  }

  /** The claims of a request's token. Refuses a missing, foreign or expired one with 401. */
  check(authorization: string | null, service: Service): Claims {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    const refuse = (message: string) =>
      new TenantRefusal(401, 'InvalidAuthenticationToken', message, {
        headers: {
          'www-authenticate':
            'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"',
        },
      });
    if (!token) throw refuse('Access token is empty.');
    const claims = this.#claimsOf(token);
    if (!claims) throw refuse('IDX10511: Signature validation failed. Keys tried: this tenant.');
    if (serviceOf(claims.aud) !== service) throw refuse('Access token validation failure. Invalid audience.');
    if (claims.exp * 1000 <= this.#options.now().getTime()) {
      throw refuse('Lifetime validation failed, the token is expired.');
    }
    return claims;
  }

  /** The App Service endpoint: GET ?resource=…&api-version=2019-08-01 with the header X-IDENTITY-HEADER. */
  answer(url: URL, headers: Headers): TenantAnswer {
    const failed = (status: number, message: string): TenantAnswer => ({
      status,
      body: { statusCode: status, message, correlationId: crypto.randomUUID() },
    });
    if (headers.get('x-identity-header') !== this.header) return failed(401, 'The identity header is wrong.');
    if (url.searchParams.get('api-version') !== '2019-08-01') return failed(400, 'Unsupported api-version.');
    const resource = url.searchParams.get('resource') ?? '';
    const clientId = url.searchParams.get('client_id');
    const { drill } = this.#options;
    const app = clientId === drill.appId ? drill : this.#options;
    if (clientId !== null && clientId !== app.appId) {
      return failed(
        400,
        `No User Assigned or Delegated Managed Identity found for specified ClientId ${clientId}.`,
      );
    }
    if (!serviceOf(resource.replace(/\/+$/, '')))
      return failed(400, `The resource ${resource} is not known here.`);
    const { token, expiresAt } = this.#issue(resource, app);
    return {
      status: 200,
      body: {
        access_token: token,
        client_id: app.appId,
        expires_on: String(expiresAt),
        resource,
        token_type: 'Bearer',
      },
    };
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}

const services: readonly Service[] = ['graph', 'exchange', 'compliance', 'defender'];
const serviceOf = (audience: string): Service | undefined =>
  services.find((service) => audiences[service].includes(audience));
