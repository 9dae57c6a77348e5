// What inbox rules look for, sorted by what it reveals. A word alone never condemns a rule; the judge of rules weighs
// it together with what the rule does. The words are in rule-words.json, by language and subject: `stem*` matches the
// beginning of a word, `*part*` any part, anything else whole words; `_` is a space, hyphen, dot or nothing. Case and
// accents do not matter. In languages that join words together, or add prefixes, they match anywhere.
import languages from './rule-words.json' with { type: 'json' };

type Subject =
  | 'alarm'
  | 'codes'
  | 'money'
  | 'staff'
  | 'lure'
  | 'bounce'
  | 'absence'
  | 'secrets'
  | 'office'
  | 'leisure'
  | 'noise';

const byLanguage: readonly Readonly<Partial<Record<Subject, string>>>[] = Object.values(languages);
const all = (subject: Subject) => byLanguage.map((words) => words[subject] ?? '').join(' ');

/** Warnings and questions that would tell the owner of the attack. */
export const alarm = all('alarm');
/** Codes and confirmations of other services that the intruder signs in to. */
export const codes = all('codes');
/** What the intruder wants to be paid, or wants to talk the owner's partners into. */
export const money = all('money');
/** Pay and staff systems, whose notices tell the owner that the pay goes elsewhere. */
export const staff = all('staff');
/** Subjects of the mail that an intruder sends, so that the answers must not be seen. */
export const lure = all('lure');
/** Reports of undeliverable mail, as a spam run brings them back. */
export const bounce = all('bounce');
/** Automatic replies for absent people: dull for the owner, but a spam run brings them back too. */
export const absence = all('absence');
/** What harms a company once it is outside. */
export const secrets = all('secrets');
/** Names of folders where people keep mail about money and staff. */
export const office = all('office');
/** Mail read out of interest or not at all: harmless even if filed among warnings or feeds. */
export const leisure = all('leisure');
/** What people sort or throw away for their own peace, unless it also says something graver. */
export const noise = all('noise');

/** For these, a part is enough as a condition: "nvoic", "assword". */
export const cores: readonly string[] = [
  'invoice',
  'payment',
  'password',
  'phishing',
  'security',
  'verification',
  'transfer',
  'remittance',
  'payroll',
  'salary',
  'suspicious',
  'fraudulent',
  'hacked',
  'compromised',
  'account',
  'malicious',
  'unusual',
  'banking',
];

/** Scripts with so few words in this list that a word which isn't on it reveals nothing. */
export const thinScripts =
  /(?![\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Thai}\p{Script=Devanagari}\p{Script=Common}\p{Script=Inherited}])\p{L}/u;

/**
 * Characters that turn the reading direction or show nothing: no word needs them, except in scripts that join letters.
 */
export const unseen = /[\u00AD\u200B\u2060\u202A-\u202E\u2066-\u2069\uFEFF]/u;

/** Where Microsoft's warnings come from: a condition that is part of one of these catches them. */
export const warningSenders: readonly string[] = [
  'account-security-noreply@accountprotection.microsoft.com',
  'azure-noreply@microsoft.com',
  'msonlineservicesteam@microsoftonline.com',
  'msonlineservicesteam@email.microsoftonline.com',
  'office365alerts@microsoft.com',
  'o365mc@microsoft.com',
  'no-reply@microsoft.com',
];
/** Who else sends warnings, in most companies. */
export const warningRoles: readonly string[] = [
  'helpdesk@',
  'servicedesk@',
  'itsupport@',
  'security@',
  'administrator@',
  'abuse@',
  'postmaster@',
  'mailer-daemon@',
];

/** Tags that a filter or a ticket system puts in front of a subject. */
export const isTag = (text: string): boolean =>
  (text.length > 1 && /^[[{(*#]/.test(text) && /[\]})*#]:?$/.test(text.slice(1).slice(-2))) ||
  /(?<!\p{L})spam(?!\p{L})/u.test(text);

/** Local parts of addresses (or whole condition words) by the role behind them. */
export const senderRoles = {
  desk: `security infosec soc cert csirt cyber* abuse phish* fraud* incident* helpdesk help_desk servicedesk service_desk
    it_security it_sec itsec secops sec_ops seceng netsec ciso datenschutz
    itsupport it_support ithelp it_help itservice* account_security* sicherheit`,
  /** At microsoft.com. */
  microsoft:
    '*alert* *security* account* *identity* *protection* o365* office365* msonline* *entra* *defender* azuread*',
  ownDesk: 'it support admin administrator sysadmin edv informatik informatique sistemas systems network',
  staff: 'hr payroll benefits human_resources humanresources people personal personnel rrhh rh lohn* gehalt*',
  money: `ap ar accounts accounting accountspayable accounts_payable accountsreceivable accounts_receivable billing
    invoice* finance* treasury controller cfo remit* payments buchhaltung compta* facturation fattur* administracion`,
  bounce: 'mailer_daemon postmaster microsoftexchange*',
  noise: `no_reply* noreply* donotreply* do_not_reply* newsletter* news notification* notify* marketing digest* updates
    sales promo* offers deals events webinar* survey* jira confluence github gitlab calendar* alerts monitoring nagios
    bot mailer subscriptions feedback* community blog* hello messages* invitations feedblitz* team webmaster orders
    printer* scanner* scan copier* drucker* nagios zabbix prtg icinga grafana cron root backup* canteen* kantine* cafeteria
    reception empfang facility facilities social sport* jobs jobagent* careers recruiting mail email em info_mail`,
  leisure:
    'newsletter* news marketing digest* promo* offers deals events webinar* survey* blog* feed* podcast*',
};

const list = (names: string) => names.trim().split(/\s+/);

/** Domains of senders that warn of account misuse, and of pay systems. */
export const senderDomains = {
  /** Domains with names that say what they send. */
  bulk: /promo|deals?(?![a-z])|news|offers?|sale|coupon|blast|leads|seo(?![a-z])|marketing|mailing|campaign|bulk/u,
  desk: [
    'accountprotection.microsoft.com',
    'microsoftonline.com',
    'protection.outlook.com',
    'accounts.google.com',
    'okta.com',
    'duosecurity.com',
  ],
  staff: list(`
    workday.com myworkday.com myworkdayjobs.com adp.com paychex.com gusto.com bamboohr.com ukg.com ukg.net
    paylocity.com paycom.com paycomonline.net dayforce.com successfactors.com`),
  money: /bank|sparkasse|banque|credit_?union|paypal/u,
  /** First labels. */
  leisure: new Set(
    list(`
    linkedin facebookmail twitter x medium substack wordpress blogger feedly mailchimp hubspot feedblitz feedburner yammer
    eventbrite meetup knowbe4 constantcontact quora pinterest instagram tiktok youtube xing`),
  ),
  noise: new Set(
    list(`
    github gitlab atlassian bitbucket slack zoom asana trello monday teams sharepointonline sendgrid
    amazon ebay uber lyft booking airbnb netflix spotify apple google dhl ups fedex dpd calendly doodle
    miro figma notion circleci travis-ci jenkins datadoghq sentry salesforce gerrit
    groupon zalando ikea hotels expedia trivago tripadvisor kayak steampowered monster indeed stepstone glassdoor adobe
    strava aliexpress alibaba temu shein etsy walmart bestbuy costco decathlon lidl aldi mediamarkt ryanair easyjet
    lufthansa marriott hilton accor opentable doordash deliveroo disneyplus hulu playstation nintendo epicgames twitch
    discord reddit snapchat whatsapp goodreads duolingo coursera udemy edx skillshare canva grammarly surveymonkey typeform
    mailerlite klaviyo brevo getresponse marketo zoominfo semrush capterra gartner dynamics freshworks yammer
    hays randstad adecco`),
  ),
};

/** Letters and signs that every message contains: as a condition they mean everything. */
export const everything =
  /^(?:[\p{P}\p{S}]?|[@.,:;_\-/\s'"()<>=]{0,3}|[\p{L}\p{N}][;,.]?|[aeiou ]{1,3}|\.?(?:com|net|org|edu|de|fr|uk|eu)|https?:?\/*|www\.?|mailto:?|the|a|an|and|or|to|from|for|you|your|this|with|of|in|is|re|hi|hello|dear|thanks?|thank you|regards|(?:best|kind) regards|please|sent|und|der|die|das|mit|hallo|et|le|les|la|de|des|bonjour|el|los|que|hola|il|di|ciao|e|o|van|het|een|och|og|ja|ve|и|в|на|от|の|は|を|的|是|이|가|received|message-id|date|return-path|content-type|mime-version|x-ms-exchange.*|th|er|on|an|in|he|en|at|es|or|te|ed|al|st|nt|ng|se|ha|as|ou|io|le|ve|co|hi|ri|ro|ic|ne|ea|ra|ce|ing|ion|ent|tion)$/u;
/** Replies to and forwards of anything, and the mark on all mail from outside. */
export const anyReply = /^(?:\[?ext(?:ernal)?\]?|re|fw|fwd|aw|wg|tr|rv|sv|vs|antw|odp|res|enc)\s*:?$/u;
/** Headers that bulk senders and spam filters set. */
export const bulkHeader =
  /list-unsubscribe|list-id|list-post|precedence|x-spam|x-github|x-jira|x-gitlab|x-mailer|feedback-id|x-campaign/u;
/** Headers that every message carries: as a condition they mean everything. */
export const everyHeader =
  /^(?:received|message-id|date|return-path|content-|mime-|from|to|subject|arc-|authentication-results|dkim|spf|x-ms-|x-microsoft|x-forefront|x-originat|x-eop|thread-|accept-language|references|in-reply-to|smtp|esmtp|outlook\.com|protection\.outlook|1\.0|[\p{P}\p{S}\p{N}\s]*$)/u;
