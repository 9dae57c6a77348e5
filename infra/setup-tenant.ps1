#Requires -Version 7.2
<#
.SYNOPSIS
Gives Reclaim what Bicep can't: directory roles, the rights of its own in Exchange Online, and one mailbox to send from.

.DESCRIPTION
Run once by an administrator of the tenant after infra/bicep/tenant.bicep, and again whenever the playbook changes. It
reads infra/bicep/playbook.json, so it grants what the steps declare and takes away what they no longer do. Each line
says what is there already, what is done, or with -WhatIf what would be done. Running it twice changes nothing.

It makes no secret and reads none. The right to grant stays with whoever runs it.

.PARAMETER PrincipalId
Object id of the app's identity: the output APP_PRINCIPAL_ID of main.bicep.

.PARAMETER ClientId
Client id of the app's identity: the output APP_CLIENT_ID of main.bicep.

.PARAMETER MailFrom
The shared mailbox that summaries are sent from. The app may send as this one, and as no other.

.PARAMETER Administrators
Also gives Privileged Authentication Administrator, without which accounts of administrators can be neither locked nor
given a new password. The strongest right there is here: whoever owns the app then owns the tenant's administrators.
Without it, a run for an administrator ends in tasks for a person.

.PARAMETER PlaybookProfile
'all' or 'minimal', as main.bicep was given.

.PARAMETER Steps
As main.bicep was given, as JSON: what is off needs no right.

.PARAMETER Remove
Takes everything away again, for the day the app is.

.EXAMPLE
./infra/setup-tenant.ps1 -PrincipalId 3d3c3b3a-… -ClientId 6c6d6e6f-… -MailFrom reclaim@contoso.com -WhatIf

.NOTES
Needs the modules Microsoft.Graph.Authentication and ExchangeOnlineManagement, and the roles Privileged Role
Administrator and Exchange Administrator (activated, where they are eligible). A token that the app already holds lives
on for up to a day, so grant the day before.
#>
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
param(
  [Parameter(Mandatory)] [guid] $PrincipalId,
  [Parameter(Mandatory)] [guid] $ClientId,
  [Parameter(Mandatory)] [ValidatePattern('^[^@\s]+@[^@\s]+$')] [string] $MailFrom,
  [switch] $Administrators,
  [ValidateSet('all', 'minimal')] [string] $PlaybookProfile = 'all',
  [string] $Steps = '{}',
  [switch] $Remove
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

$graph = 'https://graph.microsoft.com/v1.0'
# Of the same id in every tenant: https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
$userAdministrator = 'fe930be7-5e62-47db-91af-98c3a49a38b1'
$privilegedAuthenticationAdministrator = '7be44c8a-adaf-4e2a-84d6-ab2649e08a13'
$cloudDeviceAdministrator = '7698a772-787b-4ac8-901f-60d6b08affd2'
$messageTrace = '8bd644d1-64a1-4d4b-ae52-2e0cbf64e373'
$roleGroup = 'Reclaim'
$mailScope = 'Reclaim sender'
$mailRoles = @('Application Mail.Send', 'Application Mail.ReadBasic')

function Write-There([string] $What) { Write-Host "there    $What" }

# Does it and says so; with -WhatIf only says so.
function Invoke-Change([string] $What, [scriptblock] $Change) {
  if ($PSCmdlet.ShouldProcess($What)) {
    & $Change | Out-Null
    Write-Host "done     $What"
  }
}

# ---- what is needed --------------------------------------------------------------------------------------------------

$playbook = Get-Content -Raw -Path (Join-Path $PSScriptRoot 'bicep/playbook.json') | ConvertFrom-Json -AsHashtable
$given = $Steps | ConvertFrom-Json -AsHashtable
$off = @(foreach ($step in $playbook.steps) {
    $setting = $given[$step.name]
    $mode = if ($null -ne $setting -and $setting.ContainsKey('mode')) { $setting.mode }
    elseif ($null -eq $setting -and $PlaybookProfile -eq 'minimal' -and $step.name -notin $playbook.minimalProfile) { 'off' }
    else { 'act' }
    if ($mode -eq 'off') { $step.name }
  })

# Names of what at least one step that is on uses.
function Get-InUse([hashtable] $Declared) {
  @($Declared.Keys | Where-Object { @($Declared[$_] | Where-Object { $_ -notin $off }).Count -gt 0 } | Sort-Object)
}

$cmdlets = @(if (-not $Remove) { Get-InUse $playbook.exchangeCmdlets })
$graphPermissions = @(if (-not $Remove) { Get-InUse $playbook.graphApplicationPermissions })
$writesUsers = @($graphPermissions | Where-Object { $_ -in 'User-PasswordProfile.ReadWrite.All', 'User.EnableDisableAccount.All' }).Count -gt 0

Write-Host "Reclaim: $($playbook.steps.Count - $off.Count) of $($playbook.steps.Count) steps are on, $($cmdlets.Count) cmdlets of Exchange are used."

# ---- directory roles -------------------------------------------------------------------------------------------------

Connect-MgGraph -NoWelcome -Scopes 'RoleManagement.ReadWrite.Directory', 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'

function Get-All([string] $Uri) {
  while ($Uri) {
    $page = Invoke-MgGraphRequest -Method GET -Uri $Uri -OutputType PSObject
    $page.value
    $Uri = if ($page.PSObject.Properties['@odata.nextLink']) { $page.'@odata.nextLink' }
  }
}

function Set-DirectoryRole([string] $Id, [string] $Name, [bool] $Wanted) {
  $filter = "principalId eq '$PrincipalId' and roleDefinitionId eq '$Id' and directoryScopeId eq '/'"
  $held = @(Get-All "$graph/roleManagement/directory/roleAssignments?`$filter=$filter")
  if ($Wanted -and $held.Count -gt 0) { Write-There "directory role $Name" }
  if ($Wanted -and $held.Count -eq 0) {
    Invoke-Change "directory role $Name, on the whole directory" {
      $body = @{ principalId = "$PrincipalId"; roleDefinitionId = $Id; directoryScopeId = '/' }
      Invoke-MgGraphRequest -Method POST -Uri "$graph/roleManagement/directory/roleAssignments" -Body $body
    }
  }
  if (-not $Wanted) {
    foreach ($assignment in $held) {
      Invoke-Change "directory role $Name taken away" {
        Invoke-MgGraphRequest -Method DELETE -Uri "$graph/roleManagement/directory/roleAssignments/$($assignment.id)"
      }
    }
  }
}

Set-DirectoryRole $userAdministrator 'User Administrator' ($writesUsers -and -not $Administrators)
Set-DirectoryRole $privilegedAuthenticationAdministrator 'Privileged Authentication Administrator' ($writesUsers -and [bool] $Administrators)
# Earlier versions gave it; an application disables devices by its permission alone: https://learn.microsoft.com/graph/api/device-update
Set-DirectoryRole $cloudDeviceAdministrator 'Cloud Device Administrator' $false

# ---- Graph and Exchange permissions that are needed no longer --------------------------------------------------------

# tenant.bicep grants; what it granted for a step that has been turned off since is taken away here.
$wanted = @($playbook.graphApplicationPermissions.Keys | Where-Object {
    @($playbook.graphApplicationPermissions[$_] | Where-Object { $_ -ne 'send-summary' -and $_ -notin $off }).Count -gt 0
  })
# Whoever may write may read.
$wanted = @($wanted | Where-Object { $playbook.coveredBy[$_] -notin $wanted })
$wanted += Get-InUse $playbook.defenderPermissions
if ($cmdlets.Count -gt 0) { $wanted += 'Exchange.ManageAsApp' }
if ($Remove) { $wanted = @() }

foreach ($assignment in @(Get-All "$graph/servicePrincipals/$PrincipalId/appRoleAssignments")) {
  $resource = Invoke-MgGraphRequest -Method GET -Uri "$graph/servicePrincipals/$($assignment.resourceId)?`$select=id,displayName,appRoles" -OutputType PSObject
  $name = ($resource.appRoles | Where-Object id -EQ $assignment.appRoleId | Select-Object -First 1).value
  if ($name -notin $wanted) {
    Invoke-Change "permission $name ($($resource.displayName)) taken away" {
      Invoke-MgGraphRequest -Method DELETE -Uri "$graph/servicePrincipals/$PrincipalId/appRoleAssignments/$($assignment.id)"
    }
  }
}

# ---- message trace ---------------------------------------------------------------------------------------------------

# The Graph message trace answers only in a tenant where this application of Microsoft's is known.
if ('ExchangeMessageTrace.Read.All' -in $wanted) {
  if (@(Get-All "$graph/servicePrincipals?`$filter=appId eq '$messageTrace'").Count -gt 0) { Write-There 'message trace application' }
  else {
    Invoke-Change 'message trace application made known to the tenant' {
      Invoke-MgGraphRequest -Method POST -Uri "$graph/servicePrincipals" -Body @{ appId = $messageTrace }
    }
  }
}

# ---- Exchange Online -------------------------------------------------------------------------------------------------

Connect-ExchangeOnline -ShowBanner:$false

$known = Get-ServicePrincipal | Where-Object { "$($_.ObjectId)" -eq "$PrincipalId" }
if ($known) { Write-There 'the app in Exchange Online' }
elseif (-not $Remove) {
  Invoke-Change 'the app made known to Exchange Online' {
    New-ServicePrincipal -AppId "$ClientId" -ObjectId "$PrincipalId" -DisplayName 'Reclaim'
  }
}

# One role a cmdlet: a copy of the smallest role that has it, from which every other cmdlet is taken out.
function Get-SourceRole([string] $Cmdlet) {
  $roles = @(Get-ManagementRole -Cmdlet $Cmdlet | Where-Object { $_.IsRootRole -and "$($_.RoleType)" -notmatch '^(My|Application|Unscoped)' })
  if ($roles.Count -eq 0) { throw "No role of Exchange Online holds $Cmdlet in this tenant. Turn off the steps that use it (docs/permissions.md), or ask an Exchange administrator who may run it." }
  $roles | Sort-Object { @(Get-ManagementRoleEntry "$($_.Name)\*").Count }, Name | Select-Object -First 1
}

$ownRoles = @()
foreach ($cmdlet in $cmdlets) {
  $name = "Reclaim $cmdlet"
  $ownRoles += $name
  if (Get-ManagementRole -Identity $name -ErrorAction SilentlyContinue) { Write-There "role '$name'" }
  else {
    $source = Get-SourceRole $cmdlet
    Invoke-Change "role '$name', from '$($source.Name)' with nothing but $cmdlet" {
      New-ManagementRole -Name $name -Parent $source.Name -Description 'Made by setup-tenant.ps1 of Reclaim.'
    }
  }
  # Also after a run that was cut off between the two.
  if (-not $WhatIfPreference) {
    Get-ManagementRoleEntry "$name\*" | Where-Object Name -NE $cmdlet | ForEach-Object {
      Remove-ManagementRoleEntry -Identity "$name\$($_.Name)" -Confirm:$false
    }
  }
}

$group = Get-RoleGroup -Identity $roleGroup -ErrorAction SilentlyContinue
if ($group -and -not $Remove) {
  Write-There "role group '$roleGroup'"
  $held = @(Get-ManagementRoleAssignment -RoleAssignee $roleGroup | Where-Object { "$($_.Role)" -like 'Reclaim *' })
  foreach ($role in $ownRoles | Where-Object { $_ -notin @($held | ForEach-Object { "$($_.Role)" }) }) {
    Invoke-Change "role '$role' given to '$roleGroup'" { New-ManagementRoleAssignment -SecurityGroup $roleGroup -Role $role }
  }
  foreach ($assignment in $held | Where-Object { "$($_.Role)" -notin $ownRoles }) {
    Invoke-Change "role '$($assignment.Role)' taken from '$roleGroup'" { Remove-ManagementRoleAssignment -Identity $assignment.Name -Confirm:$false }
  }
  if (@(Get-RoleGroupMember -Identity $roleGroup | Where-Object { "$($_.ExternalDirectoryObjectId)" -eq "$PrincipalId" -or "$($_.Guid)" -eq "$PrincipalId" }).Count -gt 0) {
    Write-There "the app in '$roleGroup'"
  }
  else {
    Invoke-Change "the app put into '$roleGroup'" {
      try { Add-RoleGroupMember -Identity $roleGroup -Member "$PrincipalId" }
      catch { if ("$_" -notmatch 'already a member') { throw } }
    }
  }
}
elseif (-not $Remove -and $ownRoles.Count -gt 0) {
  Invoke-Change "role group '$roleGroup' with the app and $($ownRoles.Count) roles" {
    New-RoleGroup -Name $roleGroup -Roles $ownRoles -Members "$PrincipalId" -Description 'What Reclaim may run in Exchange Online: docs/permissions.md.'
  }
}

# ---- the mailbox that summaries are sent from ------------------------------------------------------------------------

$assignments = @(Get-ManagementRoleAssignment -RoleAssigneeType ServicePrincipal -ErrorAction SilentlyContinue |
    Where-Object { "$($_.CustomResourceScope)" -eq $mailScope })

if ($Remove) {
  foreach ($assignment in $assignments) {
    Invoke-Change "'$($assignment.Role)' taken away" { Remove-ManagementRoleAssignment -Identity $assignment.Name -Confirm:$false }
  }
  if (Get-ManagementScope -Identity $mailScope -ErrorAction SilentlyContinue) {
    Invoke-Change "scope '$mailScope' removed" { Remove-ManagementScope -Identity $mailScope -Confirm:$false }
  }
  if ($group) { Invoke-Change "role group '$roleGroup' removed" { Remove-RoleGroup -Identity $roleGroup -Confirm:$false } }
  foreach ($role in @(Get-ManagementRole | Where-Object { "$($_.Name)" -like 'Reclaim *-*' })) {
    Invoke-Change "role '$($role.Name)' removed" { Remove-ManagementRole -Identity $role.Name -Confirm:$false }
  }
  if ($known) { Invoke-Change 'the app forgotten by Exchange Online' { Remove-ServicePrincipal -Identity "$PrincipalId" -Confirm:$false } }
  return
}

$mailbox = Get-EXOMailbox -Identity $MailFrom -ErrorAction SilentlyContinue
if (-not $mailbox) { throw "There is no mailbox $MailFrom. Make it first: New-Mailbox -Shared -Name Reclaim -PrimarySmtpAddress $MailFrom" }
if ("$($mailbox.RecipientTypeDetails)" -ne 'SharedMailbox') { Write-Warning "$MailFrom is a person's mailbox ($($mailbox.RecipientTypeDetails)): summaries say whose account is under attack, so let it be a shared mailbox that only on-call opens." }

$filter = "ExternalDirectoryObjectId -eq '$($mailbox.ExternalDirectoryObjectId)'"
$scope = Get-ManagementScope -Identity $mailScope -ErrorAction SilentlyContinue
if (-not $scope) {
  Invoke-Change "scope '$mailScope': $MailFrom alone" { New-ManagementScope -Name $mailScope -RecipientRestrictionFilter $filter }
}
elseif ("$($scope.RecipientFilter)" -notlike "*$($mailbox.ExternalDirectoryObjectId)*") {
  Invoke-Change "scope '$mailScope' changed to $MailFrom alone" { Set-ManagementScope -Identity $mailScope -RecipientRestrictionFilter $filter }
}
else { Write-There "scope '$mailScope': $MailFrom alone" }

foreach ($role in $mailRoles) {
  if (@($assignments | Where-Object { "$($_.Role)" -eq $role }).Count -gt 0) { Write-There "'$role' on $MailFrom" }
  else {
    Invoke-Change "'$role' on $MailFrom" {
      New-ManagementRoleAssignment -App "$PrincipalId" -Role $role -CustomResourceScope $mailScope
    }
  }
}

# ---- proof -----------------------------------------------------------------------------------------------------------

if (-not $WhatIfPreference) {
  Write-Host ''
  Write-Host "What the app may do with $MailFrom, as Exchange Online sees it (it may take two hours to see a change):"
  Test-ServicePrincipalAuthorization -Identity "$PrincipalId" -Resource $MailFrom | Format-Table RoleName, AllowedResourceScope, InScope
}
