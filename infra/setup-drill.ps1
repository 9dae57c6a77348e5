#Requires -Version 7.2
<#
.SYNOPSIS
Makes the identity that plants a drill, or takes it away again.

.DESCRIPTION
Run by an administrator of the tenant before `reclaim drill`. It reads infra/drill.json, so it grants what the drill asks
for: in mailboxes only in that of the drill account. Each line says what is there already, what is done, or with -WhatIf
what would be done. Running it twice changes nothing. The identity of Reclaim itself is not touched.

It makes no secret and reads none: the private half of the certificate stays where it was made.

.PARAMETER Account
The address of the account made for drills.

.PARAMETER Certificate
The public half of a certificate (.cer), by which the command signs in as this identity.

.PARAMETER PrincipalId
Instead, the managed identity of the weekly drill: the output DRILL_PRINCIPAL_ID of the deployment.

.PARAMETER Without
Plantings to leave out, with the permissions that only they need.

.PARAMETER Remove
Takes everything away: the application, its permissions, and its roles and scope in Exchange Online.

.EXAMPLE
./infra/setup-drill.ps1 -Account drill@contoso.com -Certificate drill.cer -WhatIf

.NOTES
Needs the modules Microsoft.Graph.Authentication and ExchangeOnlineManagement, and the roles Privileged Role
Administrator and Exchange Administrator (activated, where they are eligible). A new application takes a minute to be known
everywhere: where a line fails for that, run it again.
#>
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
param(
  [string] $Account,
  [string] $Certificate,
  [string] $PrincipalId,
  [ValidateSet('sent-mail', 'inbox-rule', 'delegate', 'sign-in-method', 'consent', 'sharing-link')]
  [string[]] $Without = @(),
  [switch] $Remove
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

$graph = 'https://graph.microsoft.com/v1.0'
$name = 'Drill for Reclaim'
# Of the same id in every tenant.
$microsoftGraph = '00000003-0000-0000-c000-000000000000'

if (-not $Remove -and -not $Account) { throw 'Give -Account, the account made for drills, or -Remove.' }
if (-not $Remove -and -not $Certificate -and -not $PrincipalId) { throw 'Give -Certificate, the public half of a certificate (.cer), or -PrincipalId of a managed identity.' }

function Write-There([string] $What) { Write-Host "there    $What" }

# Does it and says so; with -WhatIf only says so.
function Invoke-Change([string] $What, [scriptblock] $Change) {
  if ($PSCmdlet.ShouldProcess($What)) {
    & $Change | Out-Null
    Write-Host "done     $What"
  }
}

function Get-All([string] $Uri) {
  while ($Uri) {
    $page = Invoke-MgGraphRequest -Method GET -Uri $Uri -OutputType PSObject
    $page.value
    $Uri = if ($page.PSObject.Properties['@odata.nextLink']) { $page.'@odata.nextLink' }
  }
}

# What each planting alone needs (functions/drill/plantings.ts).
$only = @{
  'sharing-link'   = @('Files.ReadWrite.All')
  'consent'        = @('Application.ReadWrite.OwnedBy', 'DelegatedPermissionGrant.ReadWrite.All')
  'sign-in-method' = @('UserAuthMethod-Phone.ReadWrite.All')
  'delegate'       = @('Calendars.ReadWrite')
  'inbox-rule'     = @('MailboxSettings.ReadWrite')
  'sent-mail'      = @('Mail.Send', 'Mail.ReadWrite')
}
$unneeded = @($Without | ForEach-Object { $only[$_] })

$wanted = Get-Content -Raw -Path (Join-Path $PSScriptRoot 'drill.json') | ConvertFrom-Json -AsHashtable

# ---- the application -------------------------------------------------------------------------------------------------

Connect-MgGraph -NoWelcome -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'

$application = if (-not $PrincipalId) { @(Get-All "$graph/applications?`$filter=displayName eq '$name'") | Select-Object -First 1 }
$principal = if ($PrincipalId) { Invoke-MgGraphRequest -Method GET -Uri "$graph/servicePrincipals/$PrincipalId" -OutputType PSObject } elseif ($application) { @(Get-All "$graph/servicePrincipals?`$filter=appId eq '$($application.appId)'") | Select-Object -First 1 }

if (-not $Remove) {
  if (-not $PrincipalId) {
    $public = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new((Resolve-Path $Certificate).Path)
    if ($public.HasPrivateKey) { throw "$Certificate holds a private key. Export the public half alone." }
    if ($application) { Write-There "application '$name'" }
    else {
      Invoke-Change "application '$name', which signs in with $($public.Thumbprint)" {
        $key = @{ type = 'AsymmetricX509Cert'; usage = 'Verify'; key = [Convert]::ToBase64String($public.RawData) }
        $body = @{ displayName = $name; signInAudience = 'AzureADMyOrg'; keyCredentials = @($key) } | ConvertTo-Json -Depth 5
        $script:application = Invoke-MgGraphRequest -Method POST -Uri "$graph/applications" -Body $body -ContentType 'application/json' -OutputType PSObject
      }
    }
  }
  if ($application -and -not $principal) {
    Invoke-Change 'its service principal' {
      $body = @{ appId = $application.appId } | ConvertTo-Json
      $script:principal = Invoke-MgGraphRequest -Method POST -Uri "$graph/servicePrincipals" -Body $body -ContentType 'application/json' -OutputType PSObject
    }
  }
  $held = @(if ($principal) { Get-All "$graph/servicePrincipals/$($principal.id)/appRoleAssignments" })
  $grants = @(@{ api = $microsoftGraph; permissions = @($wanted.graph | Where-Object { $_ -notin $unneeded }) })
  foreach ($grant in $grants) {
    $api = @(Get-All "$graph/servicePrincipals?`$filter=appId eq '$($grant.api)'&`$select=id,displayName,appRoles") | Select-Object -First 1
    foreach ($permission in $grant.permissions) {
      $role = $api.appRoles | Where-Object { $_.value -eq $permission -and 'Application' -in $_.allowedMemberTypes } | Select-Object -First 1
      if (-not $role) { throw "$($api.displayName) has no application permission $permission in this tenant." }
      if (@($held | Where-Object { $_.appRoleId -eq $role.id -and $_.resourceId -eq $api.id }).Count -gt 0) { Write-There "permission $permission" }
      else {
        Invoke-Change "permission $permission ($($api.displayName))" {
          $body = @{ principalId = $principal.id; resourceId = $api.id; appRoleId = $role.id } | ConvertTo-Json
          Invoke-MgGraphRequest -Method POST -Uri "$graph/servicePrincipals/$($principal.id)/appRoleAssignments" -Body $body -ContentType 'application/json'
        }
      }
    }
  }
}

# ---- Exchange Online: the mailbox of the drill account and no other -----------------------------------------------------

Connect-ExchangeOnline -ShowBanner:$false

$known = if ($principal) { Get-ServicePrincipal | Where-Object { "$($_.ObjectId)" -eq "$($principal.id)" } }
$assigned = @(if ($known) { Get-ManagementRoleAssignment -RoleAssignee "$($principal.id)" })
$scope = Get-ManagementScope -Identity $name -ErrorAction SilentlyContinue

if ($Remove) {
  foreach ($assignment in $assigned) {
    Invoke-Change "role '$($assignment.Role)' removed" { Remove-ManagementRoleAssignment -Identity "$($assignment.Name)" -Confirm:$false }
  }
  if ($scope) { Invoke-Change "scope '$name' removed" { Remove-ManagementScope -Identity $name -Confirm:$false } }
  if ($known) { Invoke-Change 'forgotten by Exchange Online' { Remove-ServicePrincipal -Identity "$($principal.id)" -Confirm:$false } }
  # With it go its service principal, its permissions and its certificate. A managed identity goes with the deployment.
  if ($application) { Invoke-Change "application '$name' removed" { Invoke-MgGraphRequest -Method DELETE -Uri "$graph/applications/$($application.id)" } }
  elseif ($principal) {
    foreach ($one in @(Get-All "$graph/servicePrincipals/$($principal.id)/appRoleAssignments")) {
      Invoke-Change "permission $($one.appRoleId) removed" { Invoke-MgGraphRequest -Method DELETE -Uri "$graph/servicePrincipals/$($principal.id)/appRoleAssignments/$($one.id)" }
    }
  }
  return
}

if ($known) { Write-There 'the identity in Exchange Online' }
elseif ($principal) {
  Invoke-Change 'the identity made known to Exchange Online' {
    New-ServicePrincipal -AppId "$($principal.appId)" -ObjectId "$($principal.id)" -DisplayName $name
  }
}

$filter = "PrimarySmtpAddress -eq '$($Account.Replace("'", "''"))'"
if ($scope -and "$($scope.RecipientFilter)" -eq $filter) { Write-There "scope '$name', $Account alone" }
elseif ($scope) { Invoke-Change "scope '$name' set to $Account alone" { Set-ManagementScope -Identity $name -RecipientRestrictionFilter $filter } }
else { Invoke-Change "scope '$name', $Account alone" { New-ManagementScope -Name $name -RecipientRestrictionFilter $filter } }

foreach ($permission in @($wanted.mailbox | Where-Object { $_ -notin $unneeded })) {
  $role = "Application $permission"
  if (@($assigned | Where-Object { "$($_.Role)" -eq $role }).Count -gt 0) { Write-There "role '$role'" }
  elseif ($principal) {
    Invoke-Change "role '$role' on $Account" {
      New-ManagementRoleAssignment -App "$($principal.id)" -Role $role -CustomResourceScope $name
    }
  }
}

if ($application) {
  Write-Host ''
  Write-Host 'To drill, with the private half of the certificate (Exchange Online may take an hour or two to see its roles):'
  Write-Host "  AZURE_TENANT_ID=$((Get-MgContext).TenantId) AZURE_CLIENT_ID=$($application.appId) AZURE_CLIENT_CERTIFICATE_PATH=drill.pem node cli/reclaim.mjs drill --account $Account"
}
