// Files that the intruder took, and links by which others still reach them: a link outlives password and session. Read
// from what the audit log told; nothing is taken back here, since a link may be one that partners work with.
import { type Act, actsIn } from '../../../shared/intruder/acts.ts';
import { when } from '../../../shared/intruder/describe-trail.ts';
import { toCsv } from '../../../shared/mail/csv.ts';
import { auditSearchPage } from '../../../shared/microsoft365/links.ts';
import { investigation, settings, type Task } from '../../../shared/model/step.ts';
import { describeFiles, fileOf, readerOf } from './shared-files.ts';

const mostTasks = 15;
/** Opens a file to somebody (https://learn.microsoft.com/purview/audit-log-sharing). */
const opening =
  /^(SharingSet|SharingInvitationCreated|AddedToSecureLink|AnonymousLink(Created|Updated)|SecureLink(Created|Updated)|CompanyLinkCreated|AddedToGroup|SiteCollectionAdminAdded|SharingLinkCreated)$/;
const taking = /^File(Accessed|AccessedExtended|Downloaded|Previewed|Copied|Moved|SyncDownloadedFull)$/;
const spoiling =
  /^(File(Deleted|Recycled|Modified|Uploaded|Renamed|MalwareDetected)\w*|FolderDeleted|FolderRecycled)$/;

export const reviewSharedFiles = investigation({
  name: 'review-shared-files',
  title: 'Review files and sharing links',
  collects: 'files that the intruder opened, took or altered, and sharing links that they made',
  guide: ['MS tools'],
  stage: 'collect',
  settings: settings('act'),
  // What collect-audit-log read is all that is asked for: there is no request of its own.
  permissions: {},
  appliesTo: () => true,
  after: ['collect-audit-log'],

  async collect({ run }) {
    const acts = actsIn(run);
    if (acts === undefined) {
      const why = 'the audit log has not answered, or cannot be searched';
      return { findings: [{ what: 'which files the intruder took is not known', why }] };
    }
    const done = acts.filter(({ succeeded }) => succeeded);
    const links = done.filter(({ activity }) => opening.test(activity));
    const taken = done.filter(({ activity }) => taking.test(activity));
    const spoilt = done.filter(({ activity }) => spoiling.test(activity));
    const files = [...links, ...taken, ...spoilt];
    return {
      findings: [
        ...describeFiles(taken, 'opened or taken'),
        ...describeFiles(spoilt, 'altered or deleted'),
        ...(files.length === 0
          ? [{ what: 'no file and no sharing link', why: 'is tied to the intruder in the audit log' }]
          : []),
      ],
      tasks: [
        ...links.slice(0, mostTasks).map(removeLink),
        ...more(links.length - mostTasks),
        ...putBack(spoilt),
      ],
      attachments:
        files.length === 0 ? [] : [{ name: 'files.csv', type: 'text/csv' as const, content: table(files) }],
    };
  },
});

/** With the spaces of its name encoded; undefined for whatever is no file of SharePoint or OneDrive. */
function pageOfFile(address: string | null): string | undefined {
  if (address === null || !URL.canParse(address)) return undefined;
  const { protocol, hostname, href, username } = new URL(address);
  const known = protocol === 'https:' && username === '' && /^[\w-]+\.sharepoint\.com$/.test(hostname);
  return known ? href.replaceAll("'", '%27') : undefined;
}

const removeLink = (act: Act): Task => ({
  id: `link:${act.at}:${fileOf(act)}:${readerOf(act) ?? ''}`,
  what: `Remove the link by which the intruder shared ${fileOf(act)}${readerOf(act) === null ? '' : ` with ${readerOf(act)}`}`,
  instruction: `Select the file, then Manage access, and remove the link or the person. Shared at ${when(Date.parse(act.at))} (${act.activity}).`,
  link: pageOfFile(act.object) ?? auditSearchPage(),
  role: 'owner of the site, or SharePoint Administrator',
  danger: 'leak',
  remains: 'a sharing link',
});

const more = (count: number): Task[] =>
  count <= 0
    ? []
    : [
        {
          id: 'link:more',
          what: `Remove ${count} more sharing links of the intruder`,
          instruction: 'files.csv lists them: remove each link that the owner does not know.',
          link: auditSearchPage(),
          role: 'SharePoint Administrator',
          danger: 'leak',
          remains: 'more sharing links',
        },
      ];

const putBack = (spoilt: readonly Act[]): Task[] =>
  spoilt.length === 0
    ? []
    : [
        {
          id: 'files-altered',
          what: `Restore the files that the intruder altered or deleted (${spoilt.length}, first ${fileOf(spoilt[0])})`,
          instruction:
            'Use the recycle bin or the version history of the site. Open no file that was uploaded or altered before it is scanned.',
          role: 'SharePoint Administrator',
          link: auditSearchPage(),
        },
      ];

const table = (acts: readonly Act[]) =>
  toCsv(
    ['time', 'activity', 'file', 'with', 'address', 'evidence'],
    acts.map((act) => [act.at, act.activity, fileOf(act), readerOf(act), act.object, act.evidence]),
  );
