#Requires -Version 7.2
<#
.SYNOPSIS
Makes the identity of a look back, which reads and does nothing else, or takes it away again.

.DESCRIPTION
Run by an administrator of the tenant before `reclaim look-back`, and with -Remove afterwards. It reads
infra/look-back.json, so it grants what the command asks for. Each line says what is there already, what is done, or with
-WhatIf what would be done. Running it twice changes nothing. The identity of Reclaim itself is not touched.

It makes no secret and reads none: the private half of the certificate stays where it was made.

.PARAMETER Certificate
The public half of a certificate (.cer), by which the command signs in as this identity.

.PARAMETER Remove
Takes everything away: the application, its permissions, and its role group and roles in Exchange Online.

.EXAMPLE
./infra/setup-look-back.ps1 -Certificate look-back.cer -WhatIf

.NOTES
Needs the modules Microsoft.Graph.Authentication and ExchangeOnlineManagement, and the roles Privileged Role
Administrator and Exchange Administrator (activated, where they are eligible). A new application takes a minute to be known
everywhere: where a line fails for that, run it again. Exchange Online may take an hour to see a new role group.
#>
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
param(
  [string] $Certificate,
  [switch] $Remove
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

$graph = 'https://graph.microsoft.com/v1.0'
$name = 'Look back for Reclaim'
# Of the same id in every tenant.
$microsoftGraph = '00000003-0000-0000-c000-000000000000'
$exchangeOnline = '00000002-0000-0ff1-ce00-000000000000'

if (-not $Remove -and -not $Certificate) { throw 'Give -Certificate, the public half of a certificate (.cer), or -Remove.' }

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

$wanted = Get-Content -Raw -Path (Join-Path $PSScriptRoot 'look-back.json') | ConvertFrom-Json -AsHashtable

# ---- the application -------------------------------------------------------------------------------------------------

Connect-MgGraph -NoWelcome -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'

$application = @(Get-All "$graph/applications?`$filter=displayName eq '$name'") | Select-Object -First 1
$principal = if ($application) { @(Get-All "$graph/servicePrincipals?`$filter=appId eq '$($application.appId)'") | Select-Object -First 1 }

if (-not $Remove) {
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
  if ($application -and -not $principal) {
    Invoke-Change 'its service principal' {
      $body = @{ appId = $application.appId } | ConvertTo-Json
      $script:principal = Invoke-MgGraphRequest -Method POST -Uri "$graph/servicePrincipals" -Body $body -ContentType 'application/json' -OutputType PSObject
    }
  }
  $held = @(if ($principal) { Get-All "$graph/servicePrincipals/$($principal.id)/appRoleAssignments" })
  $grants = @(
    @{ api = $microsoftGraph; permissions = @($wanted.graph) }
    @{ api = $exchangeOnline; permissions = @('Exchange.ManageAsApp') }
  )
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

# ---- Exchange Online -------------------------------------------------------------------------------------------------

Connect-ExchangeOnline -ShowBanner:$false

$known = if ($principal) { Get-ServicePrincipal | Where-Object { "$($_.ObjectId)" -eq "$($principal.id)" } }
$group = Get-RoleGroup -Identity $name -ErrorAction SilentlyContinue

if ($Remove) {
  if ($group) { Invoke-Change "role group '$name' removed" { Remove-RoleGroup -Identity $name -Confirm:$false } }
  foreach ($role in @(Get-ManagementRole | Where-Object { "$($_.Name)" -like "$name Get-*" })) {
    Invoke-Change "role '$($role.Name)' removed" { Remove-ManagementRole -Identity $role.Name -Confirm:$false }
  }
  if ($known) { Invoke-Change 'forgotten by Exchange Online' { Remove-ServicePrincipal -Identity "$($principal.id)" -Confirm:$false } }
  # With it go its service principal, its permissions and its certificate.
  if ($application) { Invoke-Change "application '$name' removed" { Invoke-MgGraphRequest -Method DELETE -Uri "$graph/applications/$($application.id)" } }
  return
}

if ($known) { Write-There 'the application in Exchange Online' }
elseif ($principal) {
  Invoke-Change 'the application made known to Exchange Online' {
    New-ServicePrincipal -AppId "$($application.appId)" -ObjectId "$($principal.id)" -DisplayName $name
  }
}

# One role a cmdlet: a copy of the smallest role that has it, from which every other cmdlet is taken out.
$roles = @()
foreach ($cmdlet in $wanted.exchange) {
  $role = "$name $cmdlet"
  $roles += $role
  if (Get-ManagementRole -Identity $role -ErrorAction SilentlyContinue) { Write-There "role '$role'" }
  else {
    $source = @(Get-ManagementRole -Cmdlet $cmdlet | Where-Object { $_.IsRootRole -and "$($_.RoleType)" -notmatch '^(My|Application|Unscoped)' }) |
      Sort-Object { @(Get-ManagementRoleEntry "$($_.Name)\*").Count }, Name | Select-Object -First 1
    if (-not $source) { throw "No role of Exchange Online holds $cmdlet in this tenant. Ask an Exchange administrator who may run it." }
    Invoke-Change "role '$role', from '$($source.Name)' with nothing but $cmdlet" {
      New-ManagementRole -Name $role -Parent $source.Name -Description 'Made by setup-look-back.ps1 of Reclaim.'
    }
  }
  # Also after a run that was cut off between the two.
  if (-not $WhatIfPreference) {
    Get-ManagementRoleEntry "$role\*" | Where-Object Name -NE $cmdlet | ForEach-Object {
      Remove-ManagementRoleEntry -Identity "$role\$($_.Name)" -Confirm:$false
    }
  }
}

if ($group) { Write-There "role group '$name'" }
elseif ($principal) {
  Invoke-Change "role group '$name' with the application and $($roles.Count) roles" {
    New-RoleGroup -Name $name -Roles $roles -Members "$($principal.id)" -Description 'What a look back may run in Exchange Online: docs/permissions.md.'
  }
}

if ($application) {
  Write-Host ''
  Write-Host 'To look back, with the private half of the certificate:'
  Write-Host "  AZURE_TENANT_ID=$((Get-MgContext).TenantId) AZURE_CLIENT_ID=$($application.appId) AZURE_CLIENT_CERTIFICATE_PATH=look-back.pem node cli/reclaim.mjs look-back"
}
