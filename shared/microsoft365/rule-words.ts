// What inbox rules look for, by what it tells: lists, no logic. A word alone never condemns a rule; inbox-rules.ts
// weighs it together with what the rule does. `stem*` matches the beginning of a word, `*part*` any part; the rest
// matches whole words, `_` a space, hyphen, dot or nothing. Case, accents and hyphens do not matter; Chinese, Japanese and Korean match anywhere.

/** Warnings and questions that would tell the owner of the attack. */
export const alarm = `
  phish* hack hacks hacked hacker* hacking scam* fraud* malware malicious* virus* ransom* trojan* compromis* breach* suspicio* unusual
  unauthori* unrecogni* unfamiliar security secure_your spoof* impersonat* impost* identity_theft legit* is_this_you
  was_this_you wasn't_you did_you_send did_you_mean is_this_real is_this_email sent_by_you sent_from_your strange_email
  weird_email your_email inbox_rule* mailbox_rule* forwarding_rule* account_locked been_locked lockout lock_out locked_out suspended deactivated restricted_from
  blocked_from unblock* account_activity account_alert* account_recover* account_verif* log_in login* signin* sign_in*
  sign_on new_device new_location helpdesk help_desk service_desk it_support it_help* it_department it_team tech_support
  fake forged stolen bogus hoax hijack* do_not_click do_not_open don't_click don't_open do_not_pay don't_pay password*
  passwd credential* threat* attack* cyberattack* cyber_attack* cybersecurity cyber_security mfa 2fa multi_factor*
  multifactor* two_factor* two_step* abuse report_message report_this infect* blackmail*
  *passwort* *kennwort* *sicherheit* verdachtig* gehackt hackerangriff* betrug* gefalscht* gesperrt anmeldeversuch*
  neue_anmeldung ungewohnliche_anmeldung schadsoftware bist_du_das
  hameconnage piratage pirate* suspect* mot_de_passe securite connexion_inhabituelle fraude* arnaque* escroquerie*
  usurpation* compte_bloque* contrasena* seguridad sospechos* actividad_inusual inicio_de_sesion estafa* hackead*
  suplantacion* cuenta_bloqueada bloquead* sicurezza sospett* truffa* frode frodi hackerat* accesso_insolito bloccat*
  violazione* compromess* senha* seguranca suspeit* atividade_incomum golpe* invadid* clonad*
  wachtwoord* beveiliging* verdacht oplichting* geblokkeerd vergrendeld aanmeldpoging* nieuwe_aanmelding
  haslo hasla bezpieczenstw* podejrzan* oszust* logowani* wlamani* zhakowan* wyludzen*
  losenord* sakerhet* misstankt* bedrageri* inloggning* hackad* adgangskode* sikkerhed* mistaenkelig* svindel* hacket
  passord* sikkerhet* mistenkelig* salasana* tietoturva* epailyttav* huijau* kalastelu* hakker*
  heslo* hesla zabezpecen* podezrel* podvod* prihlaseni hacknut* napaden* parola* sifre* guvenlik* supheli* dolandiric*
  sahte oltalama* oturum_ac* jelszo* gyanus* adathalasz* suspecte securitate
  пароль* безопасност* подозр* взлом* мошенни* фишинг* вирус* вход_в_систему безпек* підозр* шахрай* κωδικ* ασφαλεια* υποπτ*
  パスワード セキュリティ 不審 詐欺 フィッシング 乗っ取り 不正 サインイン ログイン なりすまし ウイルス ハッキング
  密码 安全 可疑 钓鱼 诈骗 登录 病毒 黑客 被盗 冒充 密碼 釣魚 詐騙 異常 异常 登入 비밀번호 보안 의심 피싱 사기 로그인 해킹 바이러스`;

/** Codes and confirmations of other services that the intruder signs in to. */
export const codes = `
  verification* verify* passcode* one_time* otp security_code* access_code* confirmation_code* authenticator* authentication
  confirm_your_identity confirm_your_account confirm_your_email* confirm_your_sign_in reset_your temporary_password
  bestatigungscode* verifizierung* einmalcode* einmalpasswort* einmalkennwort* code_de_verification code_de_securite
  codigo_de_verificacion codigo_de_verificacao codice_di_verifica verificatiecode* kod_weryfikacyjn* verifieringskod*
  bekraeftelseskode* vahvistuskoodi* overovaci_kod* dogrulama_kodu* код_подтверждения 確認コード 認証コード 验证码 驗證碼 인증번호`;

/** What the intruder wants to be paid, or to talk the owner's partners into. */
export const money = `
  invoic* inv payment* payable* receivable* remit* wire wires wired wiring ach swift iban bic bacs chaps sepa sort_code* mt103
  bank banks banking bank_* past_due overdue purchase_order* po pos beneficiar* bills billing your_bill account_number*
  account_details account_change routing* receipt* statement* transfer* deposit funds escrow eft transaction* balance
  outstanding_invoice* proforma pro_forma quotation* cheque* credit_note* refund* financ* loan* mortgage* closing_disclosure
  *rechnung* *zahlung* *uberweisung* *kontonummer* bankverbindung* bankdaten kontodaten iban_* mahnung* kontoauszug*
  gutschrift* lastschrift* lieferant* facture* virement* paiement* reglement* rib releve_* coordonnees_bancaires
  bon_de_commande fournisseur* factura* transferencia* pago pagos cobro* cuenta_bancaria cbu comprobante* banco proveedor*
  fattur* bonific* pagament* conto_bancario saldo banca fatura* boleto* conta_bancaria comprovante* nota_fiscal pix
  factuur* facturen betal* overboeking* rekeningnummer* rekening incasso* faktur* przelew* platnosc* rachun* naleznosc*
  konto_bankowe numer_konta bankgiro* overforing* overforsel* kontonummer* regning* indbetaling*
  lasku* maksu* tilinumero* tilisiirto* platb* ucet* uhrad* prevod* odeme* havale* banka* szamla* fizetes* atutalas* plata
  τιμολογ* πληρωμ* счет* счёт* оплат* платеж* платёж* перевод* банк* реквизит* рахун* платіж* فاتورة دفع تحويل חשבונית תשלום
  請求 支払 振込 入金 送金 銀行 口座 发票 付款 汇款 转账 账单 账户 银行 發票 匯款 帳單 송장 결제 입금 송금 계좌 청구`;

/** Pay and staff systems, whose notices tell the owner that the pay goes elsewhere. */
export const staff = `
  payroll* paycheck* payslip* pay_slip* pay_stub* paystub* salary salaries wage wages direct_deposit w_2 w2 w_4 1099 ssn
  payment_election* benefits workday myworkday* adp paychex bamboohr ukg kronos paylocity paycom ceridian dayforce
  successfactors human_resources hr tax_form* *gehalt* lohnabrechnung* lohnzettel* bulletin_de_paie fiche_de_paie paie
  salaire* nomina nominas salario* busta_paga stipendi* holerite contracheque salaris* loonstrook* wynagrodzen*
  lonespecifikation* lonseddel lonnsslipp lonn palkka* vyplata* mzda* maas_* bordro* зарплат* 給与 給料 工资 薪资 薪資 급여`;

/** Subjects of the mail that an intruder sends, whose answers must not be seen. */
export const lure = `
  docusign* adobe_sign echosign hellosign sharefile shared_a_document shared_a_file shared_a_folder has_shared_*
  shared_with_you document_shared shared_document review_document your_bonus annual_bonus bonus_letter policy_update
  review_and_sign please_sign sign_the_document signature_request* request_for_proposal request_for_quotation rfp rfq
  proposal* action_required do_me_a_favor are_you_available gift_card* secure_message encrypted_message secure_document
  secure_fax new_document view_document a_partage ha_compartido ha_condiviso`;

/** Mail that could not be delivered, as a spam run brings it back. */
export const bounce = `
  undeliver* delivery_status* delivery_has_failed delivery_fail* mail_delivery* failure_notice returned_mail
  could_not_be_delivered message_blocked unzustellbar* non_remis* no_se_puede_entregar impossibile_recapitare
  onbestelbaar* niedostarczon* 配信不能 无法送达`;

/** Answers that machines send for absent people: dull for the owner, and what a spam run brings back too. */
export const absence = `
  automatic_reply auto_reply autoreply out_of_office ooo automatische_antwort abwesenheit* reponse_automatique
  respuesta_automatica risposta_automatica automatisch_antwoord autosvar automaattinen_vastaus`;

/** What is read for interest or not at all: harmless even where it lies among warnings or feeds. */
export const leisure = `
  newsletter* digest* unsubscrib* promo* webinar* survey* podcast* blog* new_post* training course* feed rss advert* sponsor* marketing
  password_expir* password_will_expire password_is_about_to_expire missed_* simulation recruit* job_* jobs career*
  birthday* achievement* read_receipt* delivery_receipt* trending viagra casino lotter* lotto call_for_papers newsbites
  werbung rundschreiben newsletter gewinnspiel* infolettre lettre_d'information soldes boletin* nieuwsbrief* biuletyn
  nyhetsbrev* nyhedsbrev* uutiskirje* bulten* рассылк* メルマガ ニュース 广告 订阅 促销 代开 廣告 광고 뉴스레터`;

/** What people sort or throw away for their own peace, unless it says something graver too. */
export const noise = `
  offer offers sale sales deal deals discount* event events bitcoin crypto* seo subscri*
  accepted declined tentative canceled cancelled invitation* meeting* calendar reminder* notification* update updates
  build pipeline deploy* commit pull_request merge_request weekly daily monthly summary report*
  do_not_reply donotreply no_reply noreply feedback review_us liked comment* mention* cost_alert* backup*
  news followers connection_request voicemail speiseplan cafeteria lunch
  angebot* rabatt* zugesagt abgesagt promotion* oferta* descuento* sconto* offert* aanbieding* korting* promocj* rea
  slev* kampanya* indirim* скидк* セール`;

/** Marks that a filter or a ticket system puts in front of a subject. */
export const tag = /^[[{(*#].*[\]})*#]:?$|(?<!\p{L})spam(?!\p{L})/u;

/** Local parts of addresses (or whole condition words) by the role behind them. */
export const senderRoles = {
  desk: `security infosec soc cert csirt cyber* abuse phish* fraud* incident* helpdesk help_desk servicedesk service_desk
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
    bot mailer subscriptions feedback* community blog* hello messages* invitations feedblitz* team webmaster orders`,
  leisure:
    'newsletter* news marketing digest* promo* offers deals events webinar* survey* blog* feed* podcast*',
};

const list = (names: string) => names.trim().split(/\s+/);

/** Domains of senders that warn of account misuse, and of pay systems. */
export const senderDomains = {
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
    miro figma notion circleci travis-ci jenkins datadoghq sentry salesforce gerrit`),
  ),
};

/** Letters and signs that every message contains: as a condition they mean everything. */
export const everything =
  /^(?:[\p{P}\p{S}]?|[@.,:;_\-/\s'"()]{0,2}|[a-z0-9]|\.?(?:com|net|org|edu)|https?|www|the|and|to|from|for|received|message-id|date|return-path|content-type|mime-version|x-ms-exchange.*)$/u;
/** Answers and forwards of anything, and the mark of all mail from outside. */
export const anyReply = /^(?:\[?ext(?:ernal)?\]?|re|fw|fwd|aw|wg|tr|rv|sv|vs|antw|odp|res|enc)\s*:?$/u;
/** Headers that bulk senders and spam filters set. */
export const bulkHeader =
  /list-unsubscribe|list-id|precedence|x-spam|x-forefront|x-github|x-jira|x-gitlab|x-mailer|auto-submitted/u;
