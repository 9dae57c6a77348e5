// Applications that intruders were seen to bring along after they had taken over an account, by application id. Most
// are honest products: if an owner has used one all along, its being on this list proves nothing. Data, with its
// sources: https://github.com/huntresslabs/rogueapps, the list of CIPP (https://docs.cipp.app) and
// https://github.com/randomaccess3/detections/tree/main/M365_Oauth_Apps.

interface AbusedApp {
  name: string;
  /** What intruders use it for; ends the sentence "is used by intruders to …". */
  use: string;
  source: string;
}

const huntress = 'https://github.com/huntresslabs/rogueapps';
const cipp = 'https://docs.cipp.app';
const randomaccess = 'https://github.com/randomaccess3/detections/tree/main/M365_Oauth_Apps';

const apps: readonly (readonly [appId: string, app: AbusedApp])[] = [
  [
    'e9a7fea1-1cc0-4cd9-a31b-9137ca5deedd',
    { name: 'eM Client', use: 'copy whole mailboxes and send from them', source: huntress },
  ],
  [
    'ff8d92dc-3d82-41d6-bcbd-b9174d163620',
    { name: 'PerfectData Software', use: 'export whole mailboxes', source: huntress },
  ],
  [
    'a245e8c0-b53c-4b67-9b45-751d1dff8e6b',
    { name: 'Newsletter Software Supermailer', use: 'send phishing in bulk', source: huntress },
  ],
  [
    'b15665d9-eda6-4092-8539-0eec376afd59',
    { name: 'rclone', use: 'download OneDrive and SharePoint', source: huntress },
  ],
  [
    '4761b959-9780-4c2d-87a3-512b4638f767',
    { name: 'rclone', use: 'download OneDrive and SharePoint', source: randomaccess },
  ],
  [
    'a43e5392-f48b-46a4-a0f1-098b5eeb4757',
    { name: 'CloudSponge', use: 'export address books', source: huntress },
  ],
  [
    'caffae8c-0882-4c81-9a27-d1803af53a40',
    { name: 'SigParser', use: 'collect contacts out of mail', source: cipp },
  ],
  [
    '2ef68ccc-8a4d-42ff-ae88-2d7bb89ad139',
    { name: 'Mail_Backup', use: 'export whole mailboxes', source: cipp },
  ],
  [
    '412445a2-0794-487e-9dd6-d57d9593b249',
    { name: 'CubeBackup', use: 'export mailboxes and files', source: cipp },
  ],
  [
    '62db40a4-2c7e-4373-a609-eda138798962',
    { name: 'Edison Mail', use: 'copy whole mailboxes', source: cipp },
  ],
  [
    '77468577-4f6e-40e7-b745-11d3d0c28095',
    { name: 'Fastmail', use: 'import whole mailboxes elsewhere', source: randomaccess },
  ],
  ['231575bc-9f6c-4539-9241-5cfae696b630', { name: 'Foxmail', use: 'copy whole mailboxes', source: cipp }],
  [
    'b1c4926a-5fb6-4aad-b920-709c957be148',
    { name: 'Horizon Tech', use: 'take mail and contacts and send phishing', source: cipp },
  ],
  ['9af771d1-1288-43f0-91a6-adadcbd212b5', { name: 'Jotform', use: 'host phishing forms', source: cipp }],
  ['179d5108-412b-4c95-8e34-06786784ab39', { name: 'Postbox', use: 'copy whole mailboxes', source: cipp }],
  [
    '946c777c-bc85-489e-b034-392389ae23d6',
    { name: 'Spike', use: 'copy whole mailboxes and send from them', source: cipp },
  ],
  [
    '1a9b8d93-0d60-4835-896f-83016de95ff5',
    { name: 'Teleforge Directory', use: 'collect mailbox data before a fraud', source: cipp },
  ],
  [
    '497ac034-5120-4c1a-929a-0351f5c09918',
    { name: 'ZoomInfo Communitiez Login', use: 'collect contacts', source: cipp },
  ],
  [
    '858d7e42-35f0-44b7-9033-df309239a47f',
    { name: 'Zoominfo Login', use: 'collect contacts', source: randomaccess },
  ],
];

export const abusedApps: ReadonlyMap<string, AbusedApp> = new Map(apps);
