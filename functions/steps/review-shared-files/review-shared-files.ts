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

const removeLink = (act: Act): Task => ({
  id: `link:${act.at}:${fileOf(act)}:${readerOf(act) ?? ''}`,
  what: `the intruder shared ${fileOf(act)}${readerOf(act) === null ? '' : ` with ${readerOf(act)}`} at ${when(Date.parse(act.at))} (${act.activity})`,
  instruction:
    'Open the file’s “Manage access” and remove the link or the person, unless the owner knows it.',
  link: /^https:\/\/[\w-]+\.sharepoint\.com\//.test(act.object ?? '')
    ? (act.object ?? '')
    : auditSearchPage(),
});

const more = (count: number): Task[] =>
  count <= 0
    ? []
    : [
        {
          id: 'link:more',
          what: `the intruder made ${count} more sharing links`,
          instruction: 'Go through files.csv and remove each link that the owner does not know.',
          link: auditSearchPage(),
        },
      ];

const putBack = (spoilt: readonly Act[]): Task[] =>
  spoilt.length === 0
    ? []
    : [
        {
          id: 'files-altered',
          what: `the intruder altered or deleted files ${spoilt.length} time${spoilt.length === 1 ? '' : 's'}, first ${fileOf(spoilt[0])}`,
          instruction:
            'Restore them from the recycle bin or the version history, and open none that was uploaded or altered before it is scanned.',
          link: auditSearchPage(),
        },
      ];

const table = (acts: readonly Act[]) =>
  toCsv(
    ['time', 'activity', 'file', 'with', 'address', 'evidence'],
    acts.map((act) => [act.at, act.activity, fileOf(act), readerOf(act), act.object, act.evidence]),
  );
