// Files that the intruder took, and links through which others still reach them: a link outlives password and session.
// What the intruder uploaded is theirs, and comes down together with its links. Based on what the audit log said;
// nothing is removed here, since partners may be working with a link.
import { type Act, actsIn } from '../../../shared/intruder/acts.ts';
import { when } from '../../../shared/intruder/describe-trail.ts';
import { toCsv } from '../../../shared/mail/csv.ts';
import { sitesPage } from '../../../shared/microsoft365/links.ts';
import { investigation, settings, type Task } from '../../../shared/model/step.ts';
import { describeFiles, fileOf, readerOf } from './shared-files.ts';

const mostTasks = 15;
/** Opens a file to somebody (https://learn.microsoft.com/purview/audit-log-sharing). */
const opening =
  /^(SharingSet|SharingInvitationCreated|AddedToSecureLink|AnonymousLink(Created|Updated)|SecureLink(Created|Updated)|CompanyLinkCreated|AddedToGroup|SiteCollectionAdminAdded|SharingLinkCreated)$/;
const taking = /^File(Accessed|AccessedExtended|Downloaded|Previewed|Copied|Moved|SyncDownloadedFull)$/;
const uploading = /^(FileUploaded\w*|PageCreated|FileMalwareDetected)$/;
const spoiling = /^(File(Deleted|Recycled|Modified|Renamed)\w*|FolderDeleted|FolderRecycled)$/;

export const reviewSharedFiles = investigation({
  name: 'review-shared-files',
  title: 'Review files and sharing links',
  collects: 'files that the intruder opened, took or altered, and sharing links that they made',
  guide: ['MS tools'],
  stage: 'collect',
  settings: settings('act'),
  // What collect-audit-log read is enough: there is no request of its own.
  permissions: {},
  appliesTo: () => true,
  after: ['collect-audit-log'],
  judgesByAnswers: true,

  async collect({ run }) {
    const acts = actsIn(run);
    if (acts === undefined) {
      const why = 'the audit log has not answered, or cannot be searched';
      return { findings: [{ what: 'which files the intruder took is not known', why }] };
    }
    const done = acts.filter(({ succeeded }) => succeeded);
    const uploads = Map.groupBy(
      done.filter(({ activity }) => uploading.test(activity)),
      addressOf,
    );
    const isTheirs = (act: Act) => uploads.has(addressOf(act));
    const shared = done.filter(({ activity }) => opening.test(activity));
    // A link to a file that is taken down goes with it; and changing their own upload is no damage.
    const links = shared.filter((act) => !isTheirs(act));
    const taken = done.filter(({ activity }) => taking.test(activity));
    const spoilt = done.filter((act) => spoiling.test(act.activity) && !isTheirs(act));
    const uploaded = [...uploads.values()].flat();
    const files = [...shared, ...taken, ...uploaded, ...spoilt];
    return {
      findings: [
        ...describeFiles(taken, 'opened or taken'),
        ...describeFiles(uploaded, 'uploaded'),
        ...describeFiles(spoilt, 'altered or deleted'),
        ...(files.length === 0
          ? [{ what: 'no file and no sharing link', why: 'is tied to the intruder in the audit log' }]
          : []),
      ],
      tasks: [
        ...takeDown([...uploads.values()], shared),
        ...links.slice(0, mostTasks).map(removeLink),
        ...more(links.length - mostTasks),
        ...putBack(spoilt),
      ],
      attachments:
        files.length === 0 ? [] : [{ name: 'files.csv', type: 'text/csv' as const, content: table(files) }],
    };
  },
});

/** With the spaces in its name encoded; undefined for anything but a file in SharePoint or OneDrive. */
function pageOfFile(address: string | null): string | undefined {
  if (address === null || !URL.canParse(address)) return undefined;
  const { protocol, hostname, href, username } = new URL(address);
  const known = protocol === 'https:' && username === '' && /^[\w-]+\.sharepoint\.com$/.test(hostname);
  return known ? href.replaceAll("'", '%27') : undefined;
}

/** The same file, whichever record names it. */
const addressOf = (act: Act) => (act.object ?? fileOf(act)).toLowerCase();

/** A page that asks for passwords, or malware: each by its address, with everybody who has a link to it. */
function takeDown(uploads: readonly (readonly Act[])[], shared: readonly Act[]): Task[] {
  const tasks = uploads.slice(0, mostTasks).flatMap(([act]): Task[] => {
    if (act === undefined) return [];
    const to = shared.filter((link) => addressOf(link) === addressOf(act));
    const readers = [...new Set(to.flatMap((link) => readerOf(link) ?? []))];
    const links = to.length === 0 ? '' : ` and its ${to.length === 1 ? 'link' : `${to.length} links`}`;
    return [
      {
        id: `upload:${addressOf(act)}`,
        what: `Delete ${fileOf(act)}, which the intruder uploaded,${links === '' ? '' : `${links},`} from the recycle bin too`,
        instruction: `${accessFirst(act)}Do not open it. Remove its links under Manage access, delete it, and delete it from the recycle bin of the site.${readers.length === 0 ? '' : ` Warn who has a link: ${readers.slice(0, 5).join(', ')}.`} Uploaded at ${when(Date.parse(act.at))}.`,
        link: pageOfFile(act.object) ?? sitesPage(),
        role: 'owner of the site, or SharePoint Administrator',
        danger: to.length === 0 ? 'leak' : 'people',
        remains: 'an uploaded file',
      },
    ];
  });
  const rest = uploads.length - mostTasks;
  if (rest <= 0) return tasks;
  return [
    ...tasks,
    {
      id: 'upload:more',
      what: `Delete ${rest} more files that the intruder uploaded`,
      instruction: 'files.csv lists them. Do not open them; remove their links first.',
      link: sitesPage(),
      role: 'SharePoint Administrator',
      danger: 'leak',
      remains: 'more uploaded files',
    },
  ];
}

/** Its owner is locked out, and nobody else may open a OneDrive unasked. */
const accessFirst = ({ object }: Act): string =>
  /^https:\/\/[\w-]{1,80}-my\.sharepoint\.com\//i.test(object ?? '')
    ? 'It is in a OneDrive: as SharePoint Administrator, get access first (Microsoft 365 admin center, Active users, the owner, OneDrive, Create link to files). '
    : '';

const removeLink = (act: Act): Task => ({
  id: `link:${act.at}:${fileOf(act)}:${readerOf(act) ?? ''}`,
  what: `Remove the link by which the intruder shared ${fileOf(act)}${readerOf(act) === null ? '' : ` with ${readerOf(act)}`}`,
  instruction: `${accessFirst(act)}Select the file, then Manage access, and remove the link or the person. Shared at ${when(Date.parse(act.at))} (${act.activity}).`,
  link: pageOfFile(act.object) ?? sitesPage(),
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
          link: sitesPage(),
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
            'Use the recycle bin or the version history of the site. Open no file that was altered before it is scanned.',
          role: 'SharePoint Administrator',
          link: sitesPage(),
        },
      ];

const table = (acts: readonly Act[]) =>
  toCsv(
    ['time', 'activity', 'file', 'with', 'address', 'evidence'],
    acts.map((act) => [act.at, act.activity, fileOf(act), readerOf(act), act.object, act.evidence]),
  );
