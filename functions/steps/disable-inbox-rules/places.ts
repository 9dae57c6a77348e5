// Where rules put mail, and whom they send it to: folders as Exchange names them in each language, and services that
// people forward to for their work. Lists, no logic; ../inbox-rules.ts weighs them.

const list = (names: string) => names.split(';').map((name) => name.trim());

/** Folders by what it means to find mail moved there. Graph's well-known names are among them. */
export const folders = {
  /** As good as deleted. */
  deleted: list(`
    Deleted Items; deleteditems; Trash; Recoverable Items; recoverableitemsdeletions; Deletions; Purges;
    Gelöschte Elemente; Gelöschte Objekte; Éléments supprimés; Elementos eliminados; Posta eliminata;
    Elementi eliminati; Itens Excluídos; Itens Eliminados; Verwijderde items; Elementy usunięte;
    Borttaget; Borttagna objekt; Slettet post; Slettede elementer; Slettet elementer; Poistetut;
    Poistetut kohteet; Odstraněná pošta; Silinmiş Öğeler; Удаленные; Удалённые; 削除済みアイテム; 已删除邮件; 已删除项目;
    刪除的郵件; 지운 편지함; Διαγραμμένα; Törölt elemek; Elemente șterse; Видалені; פריטים שנמחקו; العناصر المحذوفة;
    รายการที่ถูกลบ; Izbrisano; Obrisane stavke; Item Terhapus`),
  /** Places of their own that nobody keeps mail in; every folder with RSS in its name is added to them. */
  odd: list(`
    Conversation History; conversationhistory; Sync Issues; syncissues; Conflicts; Local Failures;
    Server Failures; localfailures; serverfailures; Outbox; Yammer Root; Unterhaltungsverlauf;
    Aufgezeichnete Unterhaltungen; Synchronisierungsprobleme; Konflikte; Historique des conversations;
    Problèmes de synchronisation; Historial de conversaciones; Problemas de sincronización;
    Cronologia conversazioni; Problemi di sincronizzazione; Histórico de Conversas;
    Histórico de Conversação; Problemas de Sincronização; Gespreksgeschiedenis; Synchronisatieproblemen;
    Historia konwersacji; Problemy z synchronizacją; Konversationshistorik; Synkroniseringsproblem;
    Samtalehistorik; Synkroniseringsproblemer; Samtalelogg; Samtalehistorikk; Keskusteluhistoria;
    Synkronointiongelmat; Historie konverzací; Problémy se synchronizací; Konuşma Geçmişi;
    Eşitleme Sorunları; История беседы; История бесед; Ошибки синхронизации; 会話の履歴; 会話履歴; 同期の失敗; 对话历史记录;
    同步问题; 交談記錄; 同步處理問題; 대화 내용; 동기화 문제`),
  /** Folders for something else than mail, or whose name people also give to folders of their own. */
  aside: list(`
    Notes; notes; Journal; Tasks; Contacts; Drafts; Sent Items; Notizen; Notities; Notas; Note; Notatki;
    Anteckningar; Noter; Notater; Muistiinpanot; Poznámky; Notlar; Заметки; メモ; 便笺; 備忘錄; 메모`),
  junk: list(`
    Junk Email; Junk E-mail; Junk E-Mail; junkemail; Junk; Spam; Bulk; Junk-E-Mail; Courrier indésirable;
    Courrier indésirables; Correo no deseado; Correo electrónico no deseado; Posta indesiderata;
    Lixo Eletrônico; Lixo Eletrónico; E-mail de Lixo; Ongewenste e-mail; Wiadomości-śmieci; Skräppost;
    Uønsket e-mail; Uønsket mail; Søppelpost; Uønsket e-post; Roskaposti; Nevyžádaná pošta;
    Gereksiz E-posta; Önemsiz E-posta; Нежелательная почта; 迷惑メール; 垃圾邮件; 垃圾郵件; 정크 메일; 정크 이메일;
    Ανεπιθύμητη αλληλογραφία; Levélszemét; Mesaje nedorite; Небажана пошта; דואר זבל;
    البريد الإلكتروني غير الهام; Neželjena pošta`),
  archive: list(`
    Archive; archive; Archives; Archiv; Archief; Archivo; Archivio; Arquivo; Arquivo Morto; Arquivar;
    Archiwum; Arkiv; Arkisto; Arşiv; Архив; アーカイブ; 存档; 归档; 封存; 보관; 보관함; Archivieren; Clutter`),
  /** Names that say nothing of what is in them. */
  dull: list(`
    New Folder; Neuer Ordner; Nouveau dossier; Nueva carpeta; Nuova cartella; Nova pasta; Nieuwe map;
    Folder; Folder1; Temp; Tmp; Misc; Other; Others; Old; History; System; Cache; Logs; Hidden; Bin;
    Untitled; Stuff; Unknown`),
};

/** Services that people forward to for their work: tickets, expenses, bookkeeping, boards, notes, automation. */
export const services = list(`
  zendesk.com; freshdesk.com; freshservice.com; atlassian.net; service-now.com; servicenow.com;
  pagerduty.com; opsgenie.net; halopsa.com; myconnectwise.net; autotask.net; helpscout.net;
  intercom-mail.com; happyfox.com; zohodesk.com; zohosupport.com; monday.com; asana.com; trello.com;
  todoist.net; clickup.com; basecamp.com; slack.com; teams.ms; zapier.com; zapiermail.com; mailparser.io;
  parseur.com; make.com; expensify.com; concur.com; concursolutions.com; rydoo.com; spendesk.com;
  ramp.com; brex.com; pleo.io; expensya.com; navan.com; datev.de; datev.com; hubdoc.com; dext.com;
  dext.cc; receiptbank.me; receipt-bank.com; autoentry.com; xero.com; xerofiles.com; qbodocs.com;
  intuit.com; bill.com; getmyinvoices.com; invoicefetcher.com; lexoffice.de; lexware.de; sevdesk.email;
  sevdesk.de; candis.io; circula.com; getmoss.com; salesforce.com; hubspot.com; pipedrivemail.com;
  onenote.com; evernote.com; notion.so; tripit.com; hpeprint.com; front.com; frontapp.com; kayako.com;
  jitbit.com; spiceworks.com; linear.app; statuspage.io; victorops.com; airtable.com`);

/** Gateways that turn a mail into a text message. */
export const textGateways = list(`
  txt.att.net; mms.att.net; vtext.com; vzwpix.com; tmomail.net; messaging.sprintpcs.com; email.uscc.net;
  msg.fi.google.com; sms.orange.fr; txt.bell.ca; msg.telus.com; pcs.rogers.com`);

/** Providers where anybody gets an address: first label of the domain, whatever the country. */
export const freeMail = new Set(
  list(`
  gmail; googlemail; outlook; hotmail; live; msn; yahoo; ymail; rocketmail; icloud; me; mac; aol; gmx;
  web; t-online; freenet; proton; protonmail; pm; tutanota; tuta; tutamail; mail; yandex; zoho; zohomail;
  laposte; orange; free; wanadoo; wp; o2; onet; seznam; centrum; qq; 163; 126; sina; naver; daum; hanmail;
  inbox; rediffmail; libero; virgilio; bigpond; comcast; verizon; att; fastmail; hushmail; guerrillamail;
  mailinator; bk; list; rambler; ukr; abv; docomo; sapo; uol; bol; terra; telenet; skynet; ziggo; kpnmail`),
);

/** Local parts that a ticket, alert or scan goes to at a partner. */
export const roleAddress =
  /^(?:tickets?|support|help|helpdesk|service|servicedesk|alerts?|monitoring|noc|on-?call|dispatch|operations|ops|scan|scans|fax|orders?|bestellung|dispo|archiv|archive|journal)(?:[+._-].*)?$/;
